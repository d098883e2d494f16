"""Job documents that nobody of ours wrote."""

from chassis.jobs import now_utc
from chassis.mongo import MongoJobStore, connect
from tests import sample_jobs


def test_a_document_that_cannot_be_read_holds_up_nobody(mongodb_url: str) -> None:
    """The sweeper's work list leaves it out, and has all the others."""
    with connect(mongodb_url, "tests") as client:
        store = MongoJobStore(client)
        job = sample_jobs.queued()
        store.insert(job)
        client["jobs"]["jobs"].insert_one({"_id": "strange", "due_at": job.due_at, "state": 7})
        assert store.due(max(job.due_at, now_utc()), 10) == [job]
