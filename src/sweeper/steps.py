"""What has to be done about a job whose time has come: one rule for each state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final

from chassis import mail_moves, moves
from chassis.jobs import Job, Policy, State
from chassis.messages import LINK_QUEUE, MP3_QUEUE, VIDEO_QUEUE, waiting_queue
from chassis.ports import Move


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the workers of `queue` to look at the job."""

    queue: str


class Reason(StrEnum):
    """Why the sweeper moves a job itself."""

    INTERRUPTED = "interrupted"
    ABANDONED = "abandoned"
    MAIL_ABANDONED = "mail_abandoned"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Apply:
    """Move the job, and delete the files that it lets go of."""

    reason: Reason
    move: Move


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete the record of a job that was finished long ago."""


Step = Announce | Apply | Remove


def next_step(job: Job, policy: Policy, now: datetime) -> Step:
    """The step for `job`, whose `due_at` has come.

    Each rule relies on what `due_at` means in that state: the end of a lease, the time of the next
    attempt, the end of a retention. Whether it still holds is for the move, or the worker, to say.
    """
    return _RULES[job.state](job, policy, now)


def _receiving(_job: Job, policy: Policy, now: datetime) -> Step:
    return Apply(Reason.INTERRUPTED, partial(moves.interrupted, policy=policy, now=now))


def _in_work(queue: str, job: Job, policy: Policy, now: datetime) -> Step:
    if job.attempts >= policy.max_attempts:
        return Apply(Reason.ABANDONED, partial(moves.abandoned, policy=policy, now=now))
    return Announce(queue)


def _ready(job: Job, policy: Policy, now: datetime) -> Step:
    if job.expires_at is not None and job.expires_at <= now:
        return Apply(Reason.EXPIRED, partial(moves.expired, policy=policy, now=now))
    return _untold(job, policy, now)


def _untold(job: Job, policy: Policy, now: datetime) -> Step:
    if job.mail.attempts >= policy.max_mail_attempts:
        move = partial(mail_moves.mail_abandoned, policy=policy, now=now)
        return Apply(Reason.MAIL_ABANDONED, move)
    return Announce(MP3_QUEUE)


def _failed(job: Job, policy: Policy, now: datetime) -> Step:
    return Remove() if job.mail.settled else _untold(job, policy, now)


def _over(_job: Job, _policy: Policy, _now: datetime) -> Step:
    return Remove()


_RULES: Final[dict[State, Callable[[Job, Policy, datetime], Step]]] = {
    State.RECEIVING: _receiving,
    State.QUEUED: lambda job, policy, now: _in_work(waiting_queue(job), job, policy, now),
    State.FETCHING: partial(_in_work, LINK_QUEUE),
    State.CONVERTING: partial(_in_work, VIDEO_QUEUE),
    State.READY: _ready,
    State.FAILED: _failed,
    State.CANCELLED: _over,
    State.EXPIRED: _over,
}
