"""The legal moves of a job, as pure functions from what it is to what it becomes.

Each takes the job as it stands and returns what it becomes, or None when that move is not possible
any more (somebody else was faster, the owner cancelled). A store applies them by compare-and-set.
A worker names its attempt by (holder, number): a late worker, whose lease was taken over, can
change nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chassis.jobs import Failure, Job, Lease, Mail, Policy, Result, State
from chassis.result_key import key_of
from chassis.sources import MediaFacts

INTERRUPTED = Failure("upload_interrupted", "The upload broke off before its last byte arrived.")
CANCELLED = Failure("cancelled", "The job was cancelled by its owner.")
EXPIRED = Failure("expired", "The MP3 was kept for its time and then deleted.")
WORKER_LOST = Failure("worker_lost", "The worker stopped in the middle each time it was tried.")

NO_MAIL = Mail(failure=Failure("not_needed", "The owner knows already."))
"""The mail of a job whose owner need not be told."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One worker's claim on a job: its unique name and the number of the attempt."""

    holder: str
    number: int

    def holds(self, job: Job) -> bool:
        """Whether this attempt is still the one under way."""
        return (
            job.state in (State.FETCHING, State.CONVERTING)
            and job.lease is not None
            and job.lease.holder == self.holder
            and job.attempts == self.number
        )


def receiving_renewed(job: Job, holder: str, policy: Policy, now: datetime) -> Job | None:
    """Bytes are arriving: the gateway's lease goes on."""
    if not _is_receiving_by(job, holder):
        return None
    return leased(job, holder, policy, now)


def stored(
    job: Job, holder: str, size: int, sha256: str, policy: Policy, now: datetime
) -> Job | None:
    """The last byte of the source is stored: the job waits for a converter."""
    if not _is_receiving_by(job, holder):
        return None
    whole = replace(job, source=replace(job.source, size=size, sha256=sha256))
    return waiting_again(replace(whole, result_key=key_of(whole), queued_at=now), policy, now)


def interrupted(job: Job, now: datetime, policy: Policy, holder: str | None = None) -> Job | None:
    """The upload broke off: said by the gateway that holds it, or found by its stale lease."""
    if job.state is not State.RECEIVING:
        return None
    if not (job.lease_is_stale(now) or _is_receiving_by(job, holder)):
        return None
    return replace(
        finished(job, State.FAILED, INTERRUPTED, policy, now),
        mail=NO_MAIL,
        due_at=now + policy.job_retention,
    )


def claimed(job: Job, holder: str, writing_fid: str, policy: Policy, now: datetime) -> Job | None:
    """A converter takes the job: it waits and is due, or its last worker fell silent.

    A job that waited takes its result key with it; a store refuses that while another has it.
    """
    waiting = job.state is State.QUEUED and (job.not_before is None or job.not_before <= now)
    abandoned = job.state is State.CONVERTING and job.lease_is_stale(now)
    if job.needs_fetch or not (waiting or abandoned) or job.attempts >= policy.max_attempts:
        return None
    claim = replace(
        leased(job, holder, policy, now),
        state=State.CONVERTING,
        attempts=job.attempts + 1,
        announcements=0,
        not_before=None,
        writing_fid=writing_fid,
        adopting=(),
        progress=0.0,
        converting_at=now,
    )
    if abandoned:
        return claim
    key = key_of(job)
    return replace(claim, result_key=key, produces=key)


def renewed(
    job: Job,
    attempt: Attempt,
    policy: Policy,
    now: datetime,
    *,
    progress: float,
    media: MediaFacts | None = None,
) -> Job | None:
    """The worker is alive: its lease goes on, and how far it is (0 to 1) is written down."""
    if not attempt.holds(job):
        return None
    source = replace(job.source, media=media) if media else job.source
    return replace(leased(job, attempt.holder, policy, now), source=source, progress=progress)


def completed(
    job: Job,
    attempt: Attempt,
    result: Result,
    media: MediaFacts,
    policy: Policy,
    now: datetime,
    *,
    keep_source: bool,
) -> Job | None:
    """The MP3 that this attempt wrote is the job's result; the owner is to be told."""
    if not attempt.holds(job):
        return None
    return replace(
        job,
        state=State.READY,
        updated_at=now,
        due_at=now + policy.announce_after(0),
        expires_at=now + policy.mp3_retention,
        ready_at=now,
        lease=None,
        announcements=0,
        progress=1.0,
        source=replace(job.source, media=media),
        result=result,
        mp3_fid=job.writing_fid,
        writing_fid=None,
        video_fid=job.video_fid if keep_source else None,
        picture_fid=job.picture_fid if keep_source else None,
        last_error=None,
    )


def attempt_failed(
    job: Job, attempt: Attempt, reason: Failure, policy: Policy, now: datetime
) -> Job | None:
    """The world was at fault: the job waits for its next attempt, or fails after its last one."""
    if not attempt.holds(job):
        return None
    if job.attempts >= policy.max_attempts:
        return finished(job, State.FAILED, reason, policy, now)
    not_before = now + policy.retry_delays[job.attempts - 1]
    waiting = waiting_again(job, policy, now)
    return replace(waiting, not_before=not_before, due_at=not_before, last_error=reason)


def failed(
    job: Job, attempt: Attempt, reason: Failure, policy: Policy, now: datetime
) -> Job | None:
    """The input is at fault: the job has failed, and the owner is to be told."""
    if not attempt.holds(job):
        return None
    return finished(job, State.FAILED, reason, policy, now)


def given_back(job: Job, attempt: Attempt, policy: Policy, now: datetime) -> Job | None:
    """The worker is told to stop: the job waits again, and the attempt does not count."""
    if not attempt.holds(job):
        return None
    return replace(waiting_again(job, policy, now), attempts=job.attempts - 1)


def abandoned(job: Job, policy: Policy, now: datetime) -> Job | None:
    """Worker after worker fell silent over this job: it has failed.

    So does one that waits although its attempts are used up: fewer are allowed than before.
    """
    if job.state not in (State.QUEUED, State.FETCHING, State.CONVERTING):
        return None
    if not job.lease_is_stale(now) or job.attempts < policy.max_attempts:
        return None
    return finished(job, State.FAILED, job.last_error or WORKER_LOST, policy, now)


def cancelled(job: Job, policy: Policy, now: datetime) -> Job | None:
    """The owner does not want it any more; a worker stops at its next renewal."""
    if not job.unfinished:
        return None
    return replace(finished(job, State.CANCELLED, CANCELLED, policy, now), mail=NO_MAIL)


def expired(job: Job, policy: Policy, now: datetime) -> Job | None:
    """The MP3 was kept as long as promised: the job lets go of it."""
    if job.state is not State.READY or job.expires_at is None or job.expires_at > now:
        return None
    return replace(
        finished(job, State.EXPIRED, EXPIRED, policy, now),
        mail=job.mail if job.mail.settled else NO_MAIL,
    )


def announced(job: Job, seen: Job, policy: Policy, now: datetime) -> Job | None:
    """The sweeper announced the job as it was `seen`; unless it moved, it is looked at later."""
    if job.revision != seen.revision:
        return None
    announcements = job.announcements + 1
    due_at = now + policy.announce_after(announcements)
    return replace(job, announcements=announcements, due_at=due_at)


def _is_receiving_by(job: Job, holder: str | None) -> bool:
    return job.state is State.RECEIVING and job.lease is not None and job.lease.holder == holder


def leased(job: Job, holder: str, policy: Policy, now: datetime) -> Job:
    """The job with a lease of `holder` from now on."""
    until = now + policy.lease
    return replace(job, lease=Lease(holder, until), updated_at=now, due_at=until)


def waiting_again(job: Job, policy: Policy, now: datetime) -> Job:
    """The job as it waits for a worker; what an attempt to fetch it has written is let go."""
    fetching = job.state is State.FETCHING
    return replace(
        job,
        state=State.QUEUED,
        updated_at=now,
        due_at=now + policy.announce_after(0),
        lease=None,
        follower=None,
        announcements=0,
        progress=0.0,
        not_before=None,
        video_fid=None if fetching else job.video_fid,
        picture_fid=None if fetching else job.picture_fid,
        writing_fid=None,
        adopting=() if fetching else job.adopting,
        produces=None,
        fetches=None,
    )


def finished(job: Job, state: State, reason: Failure, policy: Policy, now: datetime) -> Job:
    """The job as it ends without an MP3: it lets go of its files."""
    tell = state is State.FAILED and not job.mail.settled
    return replace(
        job,
        state=state,
        updated_at=now,
        due_at=now + (policy.announce_after(0) if tell else policy.job_retention),
        lease=None,
        follower=None,
        announcements=0,
        not_before=None,
        failure=reason,
        video_fid=None,
        picture_fid=None,
        writing_fid=None,
        mp3_fid=None,
        adopting=(),
        produces=None,
        fetches=None,
    )
