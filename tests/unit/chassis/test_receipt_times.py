"""How long a job waited and was converted, by the moves that brought it where it is."""

from dataclasses import replace
from datetime import timedelta

from chassis import following_moves, moves, sharing_moves
from chassis.jobs import Job
from tests import sample_jobs
from tests.sample_jobs import FACTS, NOW, POLICY, RESULT

SECOND = timedelta(seconds=1)
SHA256 = "a" * 64


def done(job: Job | None) -> Job:
    assert job is not None
    return job


def test_a_job_that_waited_and_was_converted() -> None:
    """The wait runs from the last byte to the claim, the conversion from there to its end."""
    queued = sample_jobs.queued()
    assert (queued.seconds_waited, queued.seconds_converted) == (None, None)
    claimed = done(moves.claimed(queued, "w", "b" * 24, POLICY, NOW + 3 * SECOND))
    assert (claimed.seconds_waited, claimed.seconds_converted) == (3.0, None)
    attempt = moves.Attempt("w", 1)
    later = NOW + 7 * SECOND
    ready = done(moves.completed(claimed, attempt, RESULT, FACTS, POLICY, later, keep_source=False))
    assert (ready.seconds_waited, ready.seconds_converted) == (3.0, 4.0)


def test_attempts_that_failed_are_part_of_the_wait() -> None:
    """Only the attempt that made the MP3 counts as conversion."""
    first = sample_jobs.converting()
    given_back = done(moves.given_back(first, moves.Attempt("converter", 1), POLICY, NOW + SECOND))
    again = done(moves.claimed(given_back, "w", "b" * 24, POLICY, NOW + 9 * SECOND))
    assert again.seconds_waited == 9.0


def test_a_job_that_was_converted_while_it_arrived_has_not_waited() -> None:
    """Its conversion counts from the last byte on, which is what its owner waited for."""
    followed = done(following_moves.followed(sample_jobs.receiving(), "f", "b" * 24, POLICY, NOW))
    stored = done(moves.stored(followed, "gateway", 10, SHA256, POLICY, NOW + 5 * SECOND))
    whole = following_moves.handed_over(followed, stored, NOW + 5 * SECOND)
    ready = done(
        moves.completed(
            whole,
            moves.Attempt("f", 1),
            RESULT,
            FACTS,
            POLICY,
            NOW + 6 * SECOND,
            keep_source=False,
        )
    )
    assert (ready.seconds_waited, ready.seconds_converted) == (0.0, 1.0)


def test_another_jobs_mp3_was_waited_for_and_not_converted() -> None:
    """The receipt is the other's, the times are its own."""
    owner = sample_jobs.ready(sha256=SHA256)
    job = sample_jobs.queued(sha256=SHA256)
    named = done(sharing_moves.adopting(job, owner, POLICY, NOW))
    ready = done(
        sharing_moves.adopted(named, named, owner, POLICY, NOW + 2 * SECOND, keep_source=False)
    )
    assert (ready.result, ready.source.media) == (owner.result, owner.source.media)
    assert (ready.seconds_waited, ready.seconds_converted) == (2.0, None)


def test_a_job_of_an_earlier_version_tells_no_times() -> None:
    """What was not written down is not made up."""
    job = replace(sample_jobs.ready(), queued_at=None, converting_at=None, ready_at=None)
    assert (job.seconds_waited, job.seconds_converted) == (None, None)
