"""What the page of an MP3 says, and with which status."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import MediaMissing, ServiceError, StoreUnavailable
from chassis.jobs import Failure, Job
from chassis.links import InvalidLink
from gateway import refusals
from gateway.pages import not_ready, not_valid
from tests import sample_jobs
from tests.sample_jobs import NOW

DOWN = Failure("site_unavailable", "The site did not answer.")


@pytest.mark.parametrize(
    ("job", "doing", "percent"),
    [
        (sample_jobs.linked(), "waits for its turn to be fetched", None),
        (replace(sample_jobs.linked(), last_error=DOWN), "is tried again", None),
        (replace(sample_jobs.fetching(), progress=0.427), "being fetched", 42),
        (sample_jobs.receiving(), "being uploaded", None),
        (sample_jobs.queued(), "waits for its turn to be converted", None),
        (replace(sample_jobs.converting(), progress=1.0), "being converted", 100),
    ],
)
def test_how_far_it_is(job: Job, doing: str, percent: int | None) -> None:
    """What is being done, and how much of that, where it is known."""
    page = not_ready(job, NOW)
    assert doing in page.doing
    assert (page.percent, page.state) == (percent, "ONQUEUE")
    assert page.name == job.source.name


def test_it_looks_again_by_itself() -> None:
    """Every two seconds; of a job that is tried again later, then, but once a minute at least."""
    job = sample_jobs.linked()
    assert not_ready(job, NOW).refresh_seconds == 2
    assert (
        not_ready(replace(job, not_before=NOW + timedelta(seconds=30)), NOW).refresh_seconds == 30
    )
    assert not_ready(replace(job, not_before=NOW + timedelta(hours=1)), NOW).refresh_seconds == 60


@pytest.mark.parametrize(
    ("error", "failed", "status"),
    [
        (refusals.invalid_fid(), False, 400),
        (refusals.job_not_found(), False, 404),
        (refusals.no_such_chapter(3), False, 404),
        (InvalidLink(), False, 403),
        (refusals.no_mp3(DOWN, failed=True), True, 409),
        (refusals.no_mp3(Failure("expired", "Its time is over."), failed=False), False, 410),
        (refusals.cancelled(), False, 410),
        (MediaMissing("0123"), False, 410),
        (StoreUnavailable("Away."), False, 503),
    ],
)
def test_why_there_is_none(error: ServiceError, failed: bool, status: int) -> None:
    """The status for programs, a title and a sentence for people, and no id of ours."""
    page = not_valid(error, failed=failed)
    assert page.status == status
    assert page.title
    assert page.reason.endswith(".")
    assert "0123" not in page.reason
