"""Jobs are listed newest first, page by page, without one lost or shown twice."""

import base64
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from chassis.errors import ServiceError
from chassis.fakes import FakeJobStore
from gateway.paging import page
from gateway.tokens import User
from tests import sample_jobs
from tests.sample_jobs import NOW

ADA = User("ada@example.com")
ADMIN = User("root@example.com", admin=True)


@pytest.fixture
def jobs() -> FakeJobStore:
    """Seven jobs of Ada's, three of them made in the same millisecond, and one of Bob's."""
    store = FakeJobStore()
    for milliseconds in (0, 1, 2, 2, 2, 3, 4):
        store.insert(sample_jobs.queued(NOW + timedelta(milliseconds=milliseconds)))
    store.insert(sample_jobs.queued(NOW, username="bob@example.com"))
    return store


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
def test_pages_show_every_job_once(jobs: FakeJobStore, limit: int) -> None:
    """Following `next` from page to page shows each job once, newest first."""
    query = {"limit": str(limit)}
    shown = []
    while True:
        found = page(jobs, ADA, query)
        assert len(found.jobs) <= limit
        shown += [job.fid for job in found.jobs]
        if found.next_query is None:
            break
        query = dict(parse_qsl(found.next_query))
        assert query["limit"] == str(limit)
    assert shown == [job.fid for job in jobs.newest("ada@example.com", 100)]
    assert len(shown) == 7


def test_a_user_sees_their_own_jobs_only(jobs: FakeJobStore) -> None:
    """Nobody's jobs are mixed with another's."""
    assert [job.username for job in page(jobs, User("bob@example.com"), {}).jobs] == [
        "bob@example.com"
    ]
    assert page(jobs, ADMIN, {}).jobs == []


def test_an_admin_may_see_all(jobs: FakeJobStore) -> None:
    """`all=1` shows everybody's jobs to an admin, on each page."""
    first = page(jobs, ADMIN, {"all": "1", "limit": "5"})
    second = page(jobs, ADMIN, dict(parse_qsl(first.next_query or "")))
    assert len(first.jobs) + len(second.jobs) == 8


def test_all_is_for_admins(jobs: FakeJobStore) -> None:
    """Another user asking for all jobs is refused, not silently given their own."""
    with pytest.raises(ServiceError) as caught:
        page(jobs, ADA, {"all": "1"})
    assert caught.value.code == "admin_only"


@pytest.mark.parametrize("limit", ["0", "-1", "101", "x", "", "1.5", "²", "1" * 5000])
def test_a_limit_is_a_number_in_its_range(jobs: FakeJobStore, limit: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ServiceError) as caught:
        page(jobs, ADA, {"limit": limit})
    assert caught.value.code == "invalid_limit"


@pytest.mark.parametrize(
    "plain", [b"", b"x", b"1.x", b"1", b"9" * 40 + b".x", b"\xff", b"1.{'$gt': ''}"]
)
def test_an_invented_cursor_is_refused(jobs: FakeJobStore, plain: bytes) -> None:
    """Only what stood in `next` is a cursor."""
    for cursor in (base64.urlsafe_b64encode(plain).decode(), plain.decode("latin-1"), "é"):
        with pytest.raises(ServiceError) as caught:
            page(jobs, ADA, {"cursor": cursor})
        assert caught.value.code == "invalid_cursor"
