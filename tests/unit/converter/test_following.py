"""Who follows uploads, how many at once, and when a follower has nothing more to do."""

from collections.abc import Callable
from threading import Event

import pytest

from chassis import moves
from chassis.errors import StoreUnavailable
from chassis.fakes import FakeJobStore
from chassis.following_moves import followed, handed_over
from chassis.jobs import Job
from chassis.moves import Attempt
from converter.conversion import Stopped
from converter.following import FollowedUpload, Followers
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY
from tests.waiting import wait_for

ATTEMPT = Attempt("follower", 1)


def test_no_more_are_followed_than_there_is_room_for() -> None:
    """One that finds no room is not followed; room comes back, whatever ended the follower."""
    followers, end = Followers(2), Event()

    def wait() -> None:
        end.wait(60)

    def fail() -> None:
        end.wait(60)
        raise StoreUnavailable("The store cannot be reached.")

    assert followers.start(wait)
    assert followers.start(fail)
    assert not followers.start(lambda: None)
    assert followers.count == 2
    end.set()
    followers.join()
    wait_for(lambda: followers.count == 0, what="room")
    assert followers.start(lambda: None)
    followers.join()


def test_following_can_be_turned_off() -> None:
    """Without room no upload is followed."""
    assert not Followers(0).start(lambda: None)


def whole(job: Job) -> Job | None:
    waiting = moves.stored(job, "gateway", 1_000, "f" * 64, POLICY, NOW)
    return handed_over(job, waiting, NOW) if waiting else None


def a_followed_upload(*, stop: bool = False) -> tuple[FakeJobStore, str, FollowedUpload]:
    jobs, job = FakeJobStore(), sample_jobs.receiving()
    jobs.insert(job)
    assert jobs.update(job.fid, lambda job: followed(job, "follower", "f" * 24, POLICY, NOW))
    return jobs, job.fid, FollowedUpload(jobs, job.fid, ATTEMPT, lambda: stop)


def test_the_size_is_known_when_the_job_is_the_followers() -> None:
    """Until then the upload is under way."""
    jobs, fid, upload = a_followed_upload()
    assert upload.size() is None
    jobs.update(fid, whole)
    assert upload.size() == 1_000


@pytest.mark.parametrize(
    "end",
    [
        lambda job: moves.interrupted(job, NOW, POLICY, "gateway"),
        lambda job: moves.cancelled(job, POLICY, NOW),
        lambda job: moves.stored(job, "gateway", 1_000, "f" * 64, POLICY, NOW),
        lambda job: followed(job, "another", "e" * 24, POLICY, NOW + POLICY.lease / 2),
    ],
    ids=["interrupted", "cancelled", "queued", "followed by another"],
)
def test_a_follower_ends_with_its_upload(end: Callable[[Job], Job | None]) -> None:
    """Whatever becomes of the job, but to be the follower's, ends the waiting."""
    jobs, fid, upload = a_followed_upload()
    if jobs.update(fid, end) is None:  # the follower lives: nobody takes its place
        assert upload.size() is None
        return
    with pytest.raises(Stopped):
        upload.size()


def test_a_follower_ends_with_a_removed_job_and_when_told_to() -> None:
    """A refused upload's job is removed; a service that ends has no time to wait."""
    jobs, fid, upload = a_followed_upload()
    job = jobs.get(fid)
    assert job
    jobs.remove(job)
    with pytest.raises(Stopped):
        upload.size()
    _, _, upload = a_followed_upload(stop=True)
    with pytest.raises(Stopped):
        upload.size()
