"""What the test on a cluster concludes from what was written down."""

import pytest

from devstack.cluster.journal import Journal, Kill, Phase, Request
from devstack.cluster.verdict import Verdict, is_quiet, judge, was_cut

PHASES = [Phase("first", 0, 10), Phase("second", 10, 20)]


@pytest.fixture
def journal() -> Journal:
    """Two uploads accepted, one in each phase, without any trouble."""
    journal = Journal()
    journal.phases = list(PHASES)
    journal.promised = {"a": 5.0, "b": 15.0}
    journal.requests = [Request("upload", 4, 5, ""), Request("upload", 14, 15, "")]
    return journal


def judged(
    journal: Journal, states: dict[str, str] | None = None, mails: dict[str, int] | None = None
) -> Verdict:
    return judge(
        journal,
        {"a": "ready", "b": "ready"} | (states or {}),
        {"a.ready": 1, "b.ready": 1} | (mails or {}),
        never_accepted=0,
    )


def test_a_good_run_has_no_faults(journal: Journal) -> None:
    """Every upload is ready once, with one mail: a row for each phase, and one for all."""
    verdict = judged(journal)
    assert verdict.faults == []
    assert verdict.table.splitlines()[2:] == [
        "| first | 10 | 1 | 1 | 1 | 1 | 0 | 0 |",
        "| second | 10 | 1 | 1 | 1 | 1 | 0 | 0 |",
        "| in all | 20 | 2 | 2 | 2 | 2 | 0 | 0 |",
        "",
        "Killed: none.",
    ]


@pytest.mark.parametrize(
    ("states", "mails", "fault"),
    [
        ({"a": "failed"}, {}, "a is failed"),
        ({}, {"b.ready": 2}, "b has 2 mails"),
        ({}, {"b.ready": 0}, "b has 0 mails"),
        ({"c": "ready"}, {}, "c is ready, and nobody was promised anything"),
        ({"c": "failed"}, {"c.failed": 1}, "c is failed, and nobody was promised anything"),
    ],
)
def test_a_broken_promise_is_named(
    journal: Journal, states: dict[str, str], mails: dict[str, int], fault: str
) -> None:
    """What is lost, doubled or made for nobody is a fault, with the job's id."""
    assert judged(journal, states, mails).faults == [fault]


def test_a_lost_job_is_named(journal: Journal) -> None:
    """A job that was promised and is not there at all is a fault."""
    assert judge(journal, {"b": "ready"}, {"a.ready": 1, "b.ready": 1}, 2).faults == [
        "2 uploads were never accepted",
        "a is lost",
    ]


def test_an_upload_that_was_cut_may_be_seen_as_failed(journal: Journal) -> None:
    """An upload nobody was answered for stays visible as failed, without a mail."""
    assert judged(journal, {"c": "failed"}).faults == []


@pytest.mark.parametrize(
    ("kind", "service", "at", "cut"),
    [
        ("upload", "gateway", 15.0, True),
        ("upload", "gateway", 7.0, True),  # not noticed yet when the request began
        ("upload", "gateway", 4.0, False),
        ("upload", "gateway", 21.0, False),
        ("upload", "auth", 15.0, False),
        ("login", "auth", 15.0, True),
        ("download", "converter", 15.0, False),
    ],
)
def test_only_a_pod_that_served_it_cuts_a_request(
    kind: str, service: str, at: float, cut: bool
) -> None:
    """A request was cut where a pod it may have used was killed under it or just before."""
    request = Request(kind, 10, 20, "broken")
    assert was_cut(request, [Kill(service, at)]) is cut


def test_a_failed_request_is_a_fault_unless_it_was_cut(journal: Journal) -> None:
    """Both are counted, in the phase in which they began."""
    journal.kills = [Kill("gateway", 16.0)]
    journal.requests += [Request("upload", 15, 17, "cut off"), Request("status", 3, 4, "502")]
    verdict = judged(journal)
    assert verdict.faults == ["request failed: status: 502"]
    assert verdict.table.endswith("Killed: gateway 1.")
    assert [(row.requests, row.cut, row.failed) for row in verdict.rows] == [
        (2, 0, 1),
        (2, 1, 0),
        (4, 1, 1),
    ]


def test_quiet_is_when_nothing_is_to_come(journal: Journal) -> None:
    """Unfinished jobs and mails that were promised are waited for."""
    done = {"a": "ready", "b": "ready"}
    assert is_quiet(journal, done, {"a.ready": 1, "b.ready": 1})
    assert not is_quiet(journal, done, {"a.ready": 1})
    assert not is_quiet(journal, done | {"c": "queued"}, {"a.ready": 1, "b.ready": 1})
    assert not is_quiet(journal, {"a": "ready"}, {"a.ready": 1})
