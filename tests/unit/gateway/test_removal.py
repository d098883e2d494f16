"""A removed job leaves nothing behind, whatever happens meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import moves
from chassis.errors import ServiceError, StoreUnavailable
from chassis.fake_media import FakeMediaStore
from chassis.fakes import FakeJobStore
from chassis.jobs import Job, State, new_fid
from gateway.removal import Removal
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY


class World:
    """The stores, and a removal over them."""

    def __init__(self) -> None:
        self.jobs = FakeJobStore()
        self.videos = FakeMediaStore()
        self.mp3s = FakeMediaStore()
        self.removal = Removal(self.jobs, self.videos, self.mp3s, POLICY, lambda: NOW)

    def add(self, job: Job) -> Job:
        """Store a job and the files that it names."""
        self.jobs.insert(job)
        for store, media_ids in (
            (self.videos, [job.video_fid]),
            (self.mp3s, [job.writing_fid, job.mp3_fid]),
        ):
            store.files.update({media_id: b"data" for media_id in media_ids if media_id})
        return job

    def update(self, job: Job, move: Callable[[Job], Job | None]) -> None:
        """Somebody moves the job."""
        assert self.jobs.update(job.fid, move)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    "make", [sample_jobs.receiving, sample_jobs.queued, sample_jobs.converting]
)
def test_an_unfinished_job_is_cancelled(world: World, make: Callable[[], Job]) -> None:
    """It stays visible as cancelled, without files."""
    job = world.add(make())
    world.removal.remove(job)
    left = world.jobs.get(job.fid)
    assert left is not None
    assert left.state is State.CANCELLED
    assert not world.videos.files
    assert not world.mp3s.files


@pytest.mark.parametrize(
    "make", [sample_jobs.ready, sample_jobs.failed, sample_jobs.cancelled, sample_jobs.expired]
)
def test_a_finished_job_goes(world: World, make: Callable[[], Job]) -> None:
    """Nothing is left of it."""
    job = world.add(make())
    world.removal.remove(job)
    assert world.jobs.get(job.fid) is None
    assert not world.mp3s.files


def test_what_another_job_shares_stays(world: World) -> None:
    """The MP3 and a kept source go with the last job that names them."""
    first = world.add(sample_jobs.ready(keep_source=True))
    second = world.add(replace(first, fid=new_fid(), produces=None))
    world.removal.remove(first)
    assert list(world.mp3s.files) == [second.mp3_fid]
    assert list(world.videos.files) == [second.video_fid]
    world.removal.remove(second)
    assert not world.mp3s.files
    assert not world.videos.files


def test_a_job_that_moves_meanwhile_is_removed_as_it_is_then(world: World) -> None:
    """A job that was finished just now is deleted with its MP3, not with what it had before."""
    seen = world.add(sample_jobs.converting())
    attempt = moves.Attempt("converter", 1)
    world.update(
        seen,
        lambda job: moves.completed(
            job, attempt, sample_jobs.RESULT, sample_jobs.FACTS, POLICY, NOW, keep_source=True
        ),
    )
    world.removal.remove(seen)
    assert world.jobs.get(seen.fid) is None
    assert not world.videos.files
    assert not world.mp3s.files


def test_a_job_that_is_renewed_meanwhile_is_cancelled(world: World) -> None:
    """A worker's renewal between reading and writing changes nothing."""
    seen = world.add(sample_jobs.converting())
    attempt = moves.Attempt("converter", 1)
    later = NOW + timedelta(seconds=1)
    world.update(seen, lambda job: moves.renewed(job, attempt, POLICY, later, progress=0.5))
    world.removal.remove(seen)
    left = world.jobs.get(seen.fid)
    assert left is not None
    assert left.state is State.CANCELLED


def test_a_job_that_is_gone_is_not_found(world: World) -> None:
    """The second of two removals says that there is no such job."""
    job = world.add(sample_jobs.ready())
    world.removal.remove(job)
    with pytest.raises(ServiceError) as caught:
        world.removal.remove(job)
    assert caught.value.code == "job_not_found"


def test_files_that_cannot_be_deleted_are_left_to_the_sweeper(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is removed even while the store of its files is away."""

    def away(_media_id: str) -> None:
        raise StoreUnavailable("The store cannot be reached.")

    monkeypatch.setattr(world.mp3s, "delete", away)
    job = world.add(sample_jobs.ready())
    world.removal.remove(job)
    assert world.jobs.get(job.fid) is None
