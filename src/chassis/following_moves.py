"""The moves of a job whose video is converted while it arrives.

A follower is a converter that registers with a job that is still `receiving`, under a lease of its
own beside the gateway's. Once the last byte is stored the job becomes `converting`, as the
follower's first attempt. Until then the follower has no say in what becomes of the job.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis import moves
from chassis.jobs import Job, Lease, Policy, State
from chassis.moves import Attempt
from chassis.sources import MediaFacts


def follows(job: Job, attempt: Attempt) -> bool:
    """Whether the job's video arrives, and this attempt converts it meanwhile."""
    return (
        job.state is State.RECEIVING
        and job.follower is not None
        and job.follower.holder == attempt.holder
    )


def followed(job: Job, holder: str, writing_fid: str, policy: Policy, now: datetime) -> Job | None:
    """A converter begins to follow the upload, if nobody else does."""
    if job.state is not State.RECEIVING or job.lease_is_stale(now) or _has_follower(job, now):
        return None
    return replace(
        job,
        updated_at=now,
        progress=0.0,
        follower=Lease(holder, now + policy.lease),
        writing_fid=writing_fid,
    )


def handed_over(receiving: Job, waiting: Job, now: datetime) -> Job:
    """What a job becomes whose video is whole: its follower's, or one that waits for a converter.

    `receiving` is the job as it was, `waiting` as it is to be without a follower. Options that came
    after the video may be others than those the follower went by. The job takes its result key, as
    `moves.claimed` does; a store refuses that while another has it.
    """
    if not _has_follower(receiving, now) or receiving.options != waiting.options:
        return waiting
    follower = receiving.follower
    assert follower is not None
    return replace(
        waiting,
        state=State.CONVERTING,
        due_at=follower.expires_at,
        lease=follower,
        attempts=waiting.attempts + 1,
        produces=waiting.result_key,
        writing_fid=receiving.writing_fid,
        progress=receiving.progress,
        converting_at=now,
    )


def renewed(
    job: Job,
    attempt: Attempt,
    policy: Policy,
    now: datetime,
    *,
    progress: float,
    media: MediaFacts | None = None,
) -> Job | None:
    """As `moves.renewed`, also while the video arrives: the gateway's lease stays as it is."""
    if not follows(job, attempt):
        return moves.renewed(job, attempt, policy, now, progress=progress, media=media)
    follower = Lease(attempt.holder, now + policy.lease)
    return replace(job, updated_at=now, follower=follower, progress=progress)


def let_go_or(
    job: Job,
    move: Callable[..., Job | None],
    attempt: Attempt,
    policy: Policy,
    now: datetime,
    **named: Any,
) -> Job | None:
    """The follower gives up while the video arrives, and nothing counts; else `move` is made.

    The upload goes on, and the job is converted when it is whole.
    """
    if not follows(job, attempt):
        return move(job, attempt=attempt, policy=policy, now=now, **named)
    return replace(job, updated_at=now, follower=None, writing_fid=None, progress=0.0)


def _has_follower(job: Job, now: datetime) -> bool:
    return job.follower is not None and job.follower.expires_at > now
