"""The moves of a job whose video is converted while it arrives."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import moves
from chassis.following_moves import followed, follows, handed_over, let_go_or, renewed
from chassis.jobs import Failure, Job, Lease, State
from chassis.moves import Attempt
from chassis.options import ConversionOptions
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY

ATTEMPT = Attempt("follower", 1)
LATER = NOW + timedelta(seconds=5)
AFTER_LEASE = NOW + POLICY.lease
REASON = Failure("unlucky", "It did not work out.")


def a_followed_job() -> Job:
    job = followed(sample_jobs.receiving(), "follower", "f" * 24, POLICY, NOW)
    assert job is not None
    return job


def stored(job: Job) -> Job:
    waiting = moves.stored(job, "gateway", 1_000, "f" * 64, POLICY, LATER)
    assert waiting is not None
    return waiting


def test_a_follower_registers_with_an_upload() -> None:
    """It has a lease and a file of its own; the gateway's lease and time stay as they are."""
    before = sample_jobs.receiving()
    job = followed(before, "follower", "f" * 24, POLICY, NOW)
    assert job == replace(
        before, follower=Lease("follower", NOW + POLICY.lease), writing_fid="f" * 24
    )
    assert job is not None
    assert follows(job, ATTEMPT)
    assert not follows(job, Attempt("another", 1))


@pytest.mark.parametrize(
    "job",
    [
        a_followed_job(),
        sample_jobs.queued(),
        sample_jobs.converting(),
        sample_jobs.ready(),
        replace(sample_jobs.receiving(), lease=Lease("gateway", NOW)),
    ],
    ids=["followed", "queued", "converting", "ready", "stale"],
)
def test_only_an_upload_that_nobody_follows_is_followed(job: Job) -> None:
    """A second follower, and one that comes too late or to a dead upload, has no chance."""
    assert followed(job, "another", "e" * 24, POLICY, LATER) is None


def test_a_dead_follower_is_replaced() -> None:
    """Its lease has run out, the gateway's was renewed."""
    job = moves.receiving_renewed(a_followed_job(), "gateway", POLICY, LATER)
    assert job is not None
    job = followed(job, "another", "e" * 24, POLICY, AFTER_LEASE)
    assert job is not None
    assert not follows(job, ATTEMPT)
    assert job.writing_fid == "e" * 24


def test_two_leases_are_renewed_beside_each_other() -> None:
    """Neither the gateway's renewal nor the follower's touches the other's lease."""
    job = moves.receiving_renewed(a_followed_job(), "gateway", POLICY, LATER)
    assert job is not None
    assert job.follower == Lease("follower", NOW + POLICY.lease)
    again = renewed(job, ATTEMPT, POLICY, LATER + timedelta(seconds=1), progress=0.3)
    assert again is not None
    assert (again.lease, again.due_at, again.progress) == (job.lease, job.due_at, 0.3)
    assert again.follower == Lease("follower", LATER + timedelta(seconds=1) + POLICY.lease)
    assert renewed(job, Attempt("another", 1), POLICY, LATER, progress=0.3) is None


def test_a_whole_video_becomes_its_followers_first_attempt() -> None:
    """The job goes on under the lease, and with the file, of the follower."""
    before = a_followed_job()
    job = handed_over(before, stored(before), LATER)
    assert job.state is State.CONVERTING
    assert ATTEMPT.holds(job)
    assert job.lease == before.follower
    assert job.due_at == NOW + POLICY.lease
    assert job.writing_fid == before.writing_fid
    assert job.follower is None
    assert job.source.size == 1_000
    assert renewed(job, ATTEMPT, POLICY, LATER, progress=0.5)


def test_without_a_living_follower_a_whole_video_waits() -> None:
    """Nobody followed, or whoever did fell silent."""
    plain = sample_jobs.receiving()
    assert handed_over(plain, stored(plain), LATER) == stored(plain)
    job = handed_over(a_followed_job(), stored(a_followed_job()), AFTER_LEASE)
    assert job.state is State.QUEUED
    assert job.writing_fid is None
    assert job.follower is None


def test_other_options_undo_what_a_follower_did() -> None:
    """Fields may come after the file: the follower went by what is not wanted."""
    before = a_followed_job()
    waiting = replace(stored(before), options=ConversionOptions(bitrate=128, quality=None))
    assert handed_over(before, waiting, LATER) == waiting


def test_a_follower_lets_go_and_nothing_counts() -> None:
    """While the video arrives no failure of a follower is one of the job."""
    before = a_followed_job()
    job = let_go_or(before, moves.failed, ATTEMPT, POLICY, LATER, reason=REASON)
    assert job == replace(before, updated_at=LATER, follower=None, writing_fid=None)
    late = let_go_or(before, moves.failed, Attempt("another", 1), POLICY, LATER, reason=REASON)
    assert late is None


def test_a_follower_that_has_the_job_ends_it_as_everybody() -> None:
    """Once the video is whole its failures count."""
    job = handed_over(a_followed_job(), stored(a_followed_job()), LATER)
    failed = let_go_or(job, moves.failed, ATTEMPT, POLICY, LATER, reason=REASON)
    assert failed is not None
    assert failed.state is State.FAILED
    back = let_go_or(job, moves.given_back, ATTEMPT, POLICY, LATER)
    assert back is not None
    assert (back.state, back.attempts) == (State.QUEUED, 0)


@pytest.mark.parametrize("end", ["interrupted", "cancelled"])
def test_an_upload_that_ends_takes_its_follower_with_it(end: str) -> None:
    """No lease and no file stays with a job whose upload came to nothing."""
    before = a_followed_job()
    job = (
        moves.cancelled(before, POLICY, LATER)
        if end == "cancelled"
        else moves.interrupted(before, LATER, POLICY, "gateway")
    )
    assert job is not None
    assert job.follower is None
    assert job.writing_fid is None
    assert renewed(job, ATTEMPT, POLICY, LATER, progress=0.1) is None
