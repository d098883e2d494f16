"""Jobs that came by a link: what the engine is told, and what becomes of the site's picture."""

import pytest

from chassis.errors import StoreUnavailable
from chassis.fake_media import FakeMediaStore
from chassis.jobs import Job, State
from converter.site import Site
from tests import sample_jobs
from tests.sites import by_link
from tests.unit.converter.works import Works

PICTURE = b"\x89PNG"


def pictured(works: Works) -> Job:
    job = works.add(by_link(sample_jobs.queued(), picture=PICTURE))
    works.videos.files[job.picture_fid or ""] = PICTURE
    return job


def test_the_engine_is_told_what_the_site_says() -> None:
    """Metadata and picture; of an upload nothing."""
    works = Works()
    job, upload = pictured(works), works.add(sample_jobs.queued())
    works.handle(job)
    works.handle(upload)
    assert job.source.metadata is not None
    assert works.engine.sites == [Site(job.source.metadata, PICTURE), None]


@pytest.mark.parametrize("keep", [True, False])
def test_the_picture_stays_as_long_as_the_source(keep: bool) -> None:
    """It goes with the video once the MP3 is ready, unless sources are kept."""
    works = Works(keep_sources=keep)
    job = pictured(works)
    works.handle(job)
    ready = works.now_is(job)
    assert ready.state is State.READY
    assert ready.source.metadata == job.source.metadata
    assert ready.picture_fid == (job.picture_fid if keep else None)
    assert set(works.videos.files) == ({job.video_fid, job.picture_fid} if keep else set())


def test_a_picture_that_is_gone_costs_no_attempt() -> None:
    """The engine hears that there was one, and the job is ready at its first attempt."""
    works = Works()
    job = pictured(works)
    del works.videos.files[job.picture_fid or ""]
    works.handle(job)
    assert job.source.metadata is not None
    assert works.engine.sites == [Site(job.source.metadata)]
    assert (works.now_is(job).state, works.now_is(job).attempts) == (State.READY, 1)


def test_a_store_that_is_away_is_not_a_picture_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The job waits for its next attempt, as it would for its video: its MP3 is shared by all."""
    works = Works()
    job = pictured(works)

    def away(_self: FakeMediaStore, _media_id: str) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(FakeMediaStore, "open", away)
    works.handle(job)
    waiting = works.now_is(job)
    assert (waiting.state, works.engine.runs) == (State.QUEUED, 0)
    assert waiting.not_before is not None
    assert waiting.picture_fid == job.picture_fid


def test_of_two_jobs_of_one_link_one_is_converted() -> None:
    """Whoever sent it; with another picture, or another word of the site, it is another MP3."""
    works = Works()
    first = by_link(sample_jobs.queued(sha256="ab" * 32), picture=PICTURE)
    same = by_link(
        sample_jobs.queued(sha256="ab" * 32, username="bob@example.com"), picture=PICTURE
    )
    other = by_link(sample_jobs.queued(sha256="ab" * 32), picture=PICTURE + b"another")
    for job in (first, same, other):
        works.add(job)
        works.handle(job)
    assert works.engine.runs == 2
    assert works.now_is(same).mp3_fid == works.now_is(first).mp3_fid
    assert works.now_is(other).mp3_fid != works.now_is(first).mp3_fid
