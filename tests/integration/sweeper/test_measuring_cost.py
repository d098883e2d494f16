"""What measuring costs MongoDB, by its own profiler."""

from dataclasses import replace

from chassis.jobs import now_utc
from sweeper.gauges import measure
from tests import sample_jobs
from tests.stage import POLICY, Stage


def test_a_measure_reads_no_more_than_a_few_jobs(stage: Stage) -> None:
    """However many jobs there are, counts walk along an index, and ages are of one job each."""
    kinds = (sample_jobs.queued, sample_jobs.converting, sample_jobs.ready, sample_jobs.failed)
    for make in kinds:
        for _ in range(50):
            stage.jobs.insert(make(now_utc(), POLICY))
            stage.jobs.insert(replace(sample_jobs.queued(now_utc(), POLICY), queued_at=None))
    database = stage.client["jobs"]
    database.command("profile", 2)
    measure(stage.jobs)
    database.command("profile", 0)
    done = [
        operation
        for operation in database["system.profile"].find({"ns": "jobs.jobs"})
        if operation["op"] in ("query", "command")
    ]
    assert len(done) > len(kinds)
    plans = {operation["planSummary"].split()[0] for operation in done}
    assert plans <= {"IXSCAN", "COUNT_SCAN"}
    assert all(operation["docsExamined"] <= 1 for operation in done)
