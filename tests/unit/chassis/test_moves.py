"""The moves that a worker that is late, or too many attempts, must not make."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import moves
from chassis.jobs import Failure, Job, State
from chassis.moves import Attempt
from tests import sample_jobs
from tests.sample_jobs import FACTS, NOW, POLICY, RESULT

HOLDER = "converter"  # as in tests.sample_jobs
REASON = Failure("unlucky", "It did not work out.")

WORKER_MOVES: dict[str, Callable[[Job, Attempt], Job | None]] = {
    "renewed": lambda job, by: moves.renewed(job, by, POLICY, NOW, progress=0.5),
    "completed": lambda job, by: moves.completed(
        job, by, RESULT, FACTS, POLICY, NOW, keep_source=False
    ),
    "attempt_failed": lambda job, by: moves.attempt_failed(job, by, REASON, POLICY, NOW),
    "failed": lambda job, by: moves.failed(job, by, REASON, POLICY, NOW),
    "given_back": lambda job, by: moves.given_back(job, by, POLICY, NOW),
}


@pytest.mark.parametrize("name", WORKER_MOVES)
def test_only_the_attempt_under_way_moves_a_job(name: str) -> None:
    """Neither an earlier attempt of the same worker nor another worker can change anything."""
    move, job = WORKER_MOVES[name], sample_jobs.converting(attempts=2)
    assert move(job, Attempt(HOLDER, 2))
    assert move(job, Attempt(HOLDER, 1)) is None
    assert move(job, Attempt("another", 2)) is None


@pytest.mark.parametrize("name", WORKER_MOVES)
@pytest.mark.parametrize(
    "made", [sample_jobs.queued, sample_jobs.ready, sample_jobs.failed, sample_jobs.cancelled]
)
def test_a_job_that_nobody_holds_is_moved_by_no_worker(made: Callable[[], Job], name: str) -> None:
    """What was given back, finished or cancelled meanwhile is not touched by a late worker."""
    job = made()
    assert WORKER_MOVES[name](job, Attempt(HOLDER, job.attempts)) is None


def test_attempts_are_bounded() -> None:
    """A waiting job whose attempts are used up, and a silent last attempt, are not claimed."""
    waiting = replace(sample_jobs.queued(), attempts=POLICY.max_attempts)
    silent = sample_jobs.converting(attempts=POLICY.max_attempts)
    for job in (waiting, silent):
        assert moves.claimed(job, HOLDER, "0" * 24, POLICY, job.due_at) is None
        abandoned = moves.abandoned(job, POLICY, job.due_at)
        assert abandoned is not None
        assert abandoned.state is State.FAILED


def test_a_living_worker_is_left_alone() -> None:
    """Until its lease has run out nobody takes a job over, nor gives it up, on its last attempt."""
    job = sample_jobs.converting(attempts=POLICY.max_attempts)
    before = job.due_at - timedelta(milliseconds=1)
    assert moves.abandoned(job, POLICY, before) is None
    assert moves.claimed(sample_jobs.converting(), "another", "0" * 24, POLICY, before) is None


def test_an_announcement_does_not_put_off_a_job_that_moved() -> None:
    """The sweeper's note holds for the job that it saw only."""
    seen = replace(sample_jobs.queued(), revision="seen")
    assert moves.announced(seen, seen, POLICY, NOW)
    assert moves.announced(replace(seen, revision="moved"), seen, POLICY, NOW) is None


def test_a_given_back_attempt_does_not_count() -> None:
    """A job that a stopping worker gives back has as many attempts left as before its claim."""
    job = sample_jobs.converting(attempts=2)
    waiting = moves.given_back(job, Attempt(HOLDER, 2), POLICY, NOW)
    assert waiting is not None
    assert (waiting.state, waiting.attempts) == (State.QUEUED, 1)
