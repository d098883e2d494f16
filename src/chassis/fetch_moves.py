"""The moves of a job whose source is brought in by its link, as `chassis.moves` has the others.

A fetcher claims a job that waits, under fresh ids for what it will write, and takes the link's
fetch key with it; a store refuses that while another fetches the same. What was fetched before is
shared by naming its files first (`adopting`), and by looking then whether the cache still has them,
as `chassis.sharing_moves` does with MP3s.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from chassis.jobs import Failure, Job, Policy, State
from chassis.moves import NO_MAIL, Attempt, finished, leased, waiting_again
from chassis.result_key import key_of
from chassis.sources import Source


def fetch_claimed(
    job: Job, holder: str, video_fid: str, picture_fid: str, policy: Policy, now: datetime
) -> Job | None:
    """A fetcher takes the job: it waits and is due, or its last worker fell silent."""
    due = job.not_before is None or job.not_before <= now
    waiting = job.state is State.QUEUED and job.needs_fetch and due
    abandoned = job.state is State.FETCHING and job.lease_is_stale(now)
    if job.link is None or not (waiting or abandoned) or job.attempts >= policy.max_attempts:
        return None
    return replace(
        leased(job, holder, policy, now),
        state=State.FETCHING,
        attempts=job.attempts + 1,
        announcements=0,
        not_before=None,
        video_fid=video_fid,
        picture_fid=picture_fid,
        adopting=(),
        progress=0.0,
        source=Source(job.source.name),
        fetches=job.link.fetch_key,
    )


def naming(
    job: Job, attempt: Attempt, files: Collection[str], policy: Policy, now: datetime
) -> Job | None:
    """The attempt writes down which stored files it is about to share, beside its own.

    It proves as well that nobody took the job over, so that its own files were named until now.
    """
    if job.state is not State.FETCHING or not attempt.holds(job):
        return None
    return replace(leased(job, attempt.holder, policy, now), adopting=tuple(files))


def fetched(
    job: Job,
    attempt: Attempt,
    source: Source,
    policy: Policy,
    now: datetime,
    *,
    video_fid: str | None = None,
    picture_fid: str | None = None,
) -> Job | None:
    """The source is stored whole: the job waits for a converter, with all its attempts before it.

    Its files are those that it was claimed with, or others that it has named since. Without a
    picture in the source's metadata the job lets go of the id it had for one.
    """
    if job.state is not State.FETCHING or not attempt.holds(job):
        return None
    if not {video_fid, picture_fid} <= {None, job.video_fid, job.picture_fid, *job.adopting}:
        return None
    pictured = source.metadata is not None and source.metadata.picture_sha256 is not None
    whole = replace(job, source=source)
    return replace(
        waiting_again(whole, policy, now),
        attempts=0,
        video_fid=video_fid or job.video_fid,
        picture_fid=(picture_fid or job.picture_fid) if pictured else None,
        result_key=key_of(whole),
        last_error=None,
        queued_at=now,
    )


def identified(
    job: Job, attempt: Attempt, source: Source, policy: Policy, now: datetime
) -> Job | None:
    """What the link leads to is known, and nothing was fetched: somebody may have its MP3.

    The attempt does not count. Where nobody has, the job is still to be fetched.
    """
    if job.state is not State.FETCHING or not attempt.holds(job):
        return None
    known = replace(waiting_again(job, policy, now), source=source, attempts=job.attempts - 1)
    return replace(known, result_key=key_of(known))


def done_without_mp3(
    job: Job, attempt: Attempt, source: Source, policy: Policy, now: datetime
) -> Job | None:
    """The file is in the cache, or every entry of the playlist is a job: no MP3 is to come."""
    if job.state is not State.FETCHING or not attempt.holds(job):
        return None
    until = now + policy.job_retention
    return replace(
        waiting_again(job, policy, now),
        state=State.READY,
        source=source,
        progress=1.0,
        due_at=until,
        expires_at=until,
        ready_at=now,
        last_error=None,
        mail=NO_MAIL,
    )


def refused(job: Job, reason: Failure, policy: Policy, now: datetime) -> Job | None:
    """Another job was told by the site why there is nothing: so is this one, which waits for it."""
    if job.state is not State.QUEUED or not job.needs_fetch:
        return None
    return finished(job, State.FAILED, reason, policy, now)
