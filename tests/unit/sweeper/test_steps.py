"""The step of a due job: a table over all states."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chassis.jobs import Job, State
from chassis.messages import LINK_QUEUE, MP3_QUEUE, VIDEO_QUEUE
from sweeper.steps import Announce, Apply, Reason, Remove, Step, next_step
from tests import sample_jobs
from tests.sample_jobs import POLICY


def used_up_mail(job: Job) -> Job:
    return replace(job, mail=replace(job.mail, attempts=POLICY.max_mail_attempts))


def fetching(attempts: int = 1) -> Job:
    return replace(sample_jobs.converting(attempts=attempts), state=State.FETCHING)


TABLE: list[tuple[str, Callable[[], Job], Announce | Reason | type[Remove]]] = [
    ("an upload whose lease ran out", sample_jobs.receiving, Reason.INTERRUPTED),
    ("a waiting job", sample_jobs.queued, Announce(VIDEO_QUEUE)),
    (
        "a waiting job that was tried too often",
        lambda: replace(sample_jobs.queued(), attempts=POLICY.max_attempts),
        Reason.ABANDONED,
    ),
    ("a silent fetcher", fetching, Announce(LINK_QUEUE)),
    ("the last fetcher, silent", lambda: fetching(POLICY.max_attempts), Reason.ABANDONED),
    ("a silent converter", sample_jobs.converting, Announce(VIDEO_QUEUE)),
    (
        "the last converter, silent",
        lambda: sample_jobs.converting(attempts=POLICY.max_attempts),
        Reason.ABANDONED,
    ),
    ("an MP3 nobody was told of", sample_jobs.ready, Announce(MP3_QUEUE)),
    (
        "an MP3 nobody could be told of",
        lambda: used_up_mail(sample_jobs.ready()),
        Reason.MAIL_ABANDONED,
    ),
    ("an MP3 whose time is over", lambda: sample_jobs.mailed(sample_jobs.ready()), Reason.EXPIRED),
    ("a failure nobody was told of", sample_jobs.failed, Announce(MP3_QUEUE)),
    (
        "a failure nobody could be told of",
        lambda: used_up_mail(sample_jobs.failed()),
        Reason.MAIL_ABANDONED,
    ),
    ("an old failure", lambda: sample_jobs.mailed(sample_jobs.failed()), Remove),
    ("an old cancelled job", sample_jobs.cancelled, Remove),
    ("an old expired job", sample_jobs.expired, Remove),
]


@pytest.mark.parametrize(
    ("made", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_step(made: Callable[[], Job], expected: Announce | Reason | type[Remove]) -> None:
    """Each job gets the step of its state at the time it is due, and the step is possible then."""
    job = made()
    step = next_step(job, POLICY, job.due_at)
    assert kind_of(step) == expected
    if isinstance(step, Apply):
        moved = step.move(job)
        assert moved is not None
        assert moved.due_at > job.due_at


def test_the_table_has_every_state() -> None:
    """No state is forgotten."""
    assert {row[1]().state for row in TABLE} == set(State)


@pytest.mark.parametrize("state", State)
def test_there_is_a_step_for_any_job(state: State) -> None:
    """A job in a state that its other fields do not fit has a step all the same."""
    job = replace(sample_jobs.queued(), state=state)
    assert next_step(job, POLICY, job.due_at)


@pytest.mark.parametrize("made", [sample_jobs.ready, sample_jobs.failed, sample_jobs.receiving])
def test_moves_end_somewhere(made: Callable[[], Job]) -> None:
    """Step after step, with nobody else at work, a job comes to its end and is removed."""
    job = made()
    job = replace(job, mail=replace(job.mail, attempts=POLICY.max_mail_attempts))
    for _ in range(4):
        step = next_step(job, POLICY, job.due_at)
        if isinstance(step, Remove):
            return
        assert isinstance(step, Apply)
        moved = step.move(job)
        assert moved is not None
        job = moved
    pytest.fail("it never ended")


def kind_of(step: Step) -> Announce | Reason | type[Remove]:
    if isinstance(step, Apply):
        return step.reason
    return Remove if isinstance(step, Remove) else step
