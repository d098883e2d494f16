"""An upload whose MP3 is there already is ready at its end."""

from collections.abc import Callable

import pytest

from chassis.errors import StoreUnavailable
from chassis.fake_media import FakeMediaStore
from chassis.fakes import FakeJobStore
from chassis.jobs import Job, State
from chassis.sharing import Sharing
from gateway.reuse import Reuse
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY

HASH = "ab" * 32


class World:
    """A reuse over fakes; what it leaves for later waits in `later`."""

    def __init__(self, *, keep_sources: bool = False) -> None:
        self.jobs = FakeJobStore()
        self.videos = FakeMediaStore()
        self.later: list[Callable[[], None]] = []
        sharing = Sharing(self.jobs, POLICY, lambda: NOW, keep_sources=keep_sources)
        self.reuse = Reuse(sharing, self.jobs, self.videos, self.later.append)

    def add(self, job: Job) -> Job:
        """Store a job and its source."""
        self.jobs.insert(job)
        if job.video_fid:
            self.videos.files[job.video_fid] = b"a video"
        return job

    def answered(self) -> tuple[Job, Job]:
        """An upload of a video that was converted before: as it was, and as it is answered."""
        job = self.add(sample_jobs.queued(sha256=HASH))
        ready = self.reuse.answered(job)
        assert ready == self.jobs.get(job.fid)
        return job, ready


def test_it_is_ready_and_its_source_goes_afterwards() -> None:
    """Nobody waits for the deletion of a large file."""
    world = World()
    owner = world.add(sample_jobs.ready(sha256=HASH))
    job, ready = world.answered()
    assert (ready.state, ready.mp3_fid) == (State.READY, owner.mp3_fid)
    assert list(world.videos.files) == [job.video_fid]
    for task in world.later:
        task()
    assert not world.videos.files


@pytest.mark.parametrize("owner_keeps", [True, False])
def test_a_kept_source_is_kept_once(owner_keeps: bool) -> None:
    """Where sources are kept, one of the two is there afterwards."""
    world = World(keep_sources=True)
    owner = world.add(sample_jobs.ready(sha256=HASH, keep_source=owner_keeps))
    job, ready = world.answered()
    for task in world.later:
        task()
    kept = owner.video_fid if owner_keeps else job.video_fid
    assert list(world.videos.files) == [kept]
    assert ready.video_fid == kept


def test_what_was_not_converted_before_is_left_as_it_is() -> None:
    """It waits for a converter."""
    world = World()
    world.add(sample_jobs.ready())
    job, left = world.answered()
    assert left == job
    assert not world.later


def test_a_store_that_goes_away_costs_no_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is queued, durably, whatever becomes of the question for an MP3."""
    world = World()

    def away(*_arguments: object) -> list[Job]:
        raise StoreUnavailable("away")

    monkeypatch.setattr(world.jobs, "with_result_key", away)
    job, left = world.answered()
    assert left == job


def test_a_source_that_cannot_be_deleted_is_left_to_the_sweeper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No job names it any more: that is an orphan, not an error."""
    world = World()
    world.add(sample_jobs.ready(sha256=HASH))

    def away(_media_id: str) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(world.videos, "delete", away)
    job, _ = world.answered()
    for task in world.later:
        task()
    assert world.jobs.referenced([job.video_fid or ""]) == set()
