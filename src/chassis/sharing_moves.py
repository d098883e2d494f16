"""The moves of a job that is answered with another job's MP3, as `chassis.moves` has the others.

Files are deleted by whoever takes the last reference away: a deleter first takes its own away, then
asks whether any is left, then deletes. So an adopter first writes its references down (`adopting`),
then looks whether the owner is still ready: if it is, its reference was there all the time, and
every deleter that asks from now on finds the adopter's. If it is not, the file may be gone.
"""

from dataclasses import replace
from datetime import datetime

from chassis.jobs import Job, Policy, State
from chassis.result_key import key_of


def adopting(job: Job, owner: Job, policy: Policy, now: datetime) -> Job | None:
    """The job writes down that it is about to share the files of `owner`, which is ready."""
    if job.state is not State.QUEUED or not _offers(owner, job):
        return None
    return replace(
        job,
        adopting=_files(owner),
        result_key=owner.result_key,
        due_at=_next_look(job, now + policy.announce_after(0)),
        announcements=0,
    )


def adopting_if_offered(job: Job, owner: Job | None, policy: Policy, now: datetime) -> Job:
    """As `adopting`; the job as it is where there is nothing to share."""
    return (adopting(job, owner, policy, now) if owner else None) or job


def adopted(
    job: Job, named: Job, owner: Job, policy: Policy, now: datetime, *, keep_source: bool
) -> Job | None:
    """The MP3 of `owner` is the job's result too, kept for the job's own time; its owner is told.

    `named` is the job as it was stored when it named the owner's files, `owner` as it was found
    after that. A source that is kept is kept once.
    """
    if job.revision != named.revision or not names_files_of(named, owner):
        return None
    if job.state is not State.QUEUED or not _offers(owner, job):
        return None
    return replace(
        job,
        state=State.READY,
        updated_at=now,
        due_at=now + policy.announce_after(0),
        expires_at=now + policy.mp3_retention,
        converting_at=None,
        ready_at=now,
        announcements=0,
        not_before=None,
        progress=1.0,
        source=replace(job.source, media=owner.source.media),
        result=owner.result,
        mp3_fid=owner.mp3_fid,
        video_fid=(owner.video_fid or job.video_fid) if keep_source else None,
        picture_fid=(owner.picture_fid or job.picture_fid) if keep_source else None,
        adopting=(),
        last_error=None,
    )


def following(job: Job, leader: Job | None, policy: Policy, now: datetime) -> Job | None:
    """The job waits for `leader`, which is being converted to the same result.

    The leader's worker answers it in the end; the sweeper looks when the leader's lease is over.
    """
    if job.state is not State.QUEUED:
        return None
    due_at = now + policy.announce_after(0)
    if leader is not None and leader.lease is not None:
        due_at = max(due_at, leader.lease.expires_at)
    return replace(job, result_key=key_of(job), due_at=_next_look(job, due_at), announcements=0)


def names_files_of(job: Job, owner: Job) -> bool:
    """Whether the job has written down that it is about to share the files of `owner`."""
    return job.adopting == _files(owner) != ()


def _offers(owner: Job, job: Job) -> bool:
    """Whether `owner` has what `job` is to become."""
    return owner.state is State.READY and owner.result_key == key_of(job)


def _next_look(job: Job, due_at: datetime) -> datetime:
    """When to look at the job again: not before it may be converted."""
    return due_at if job.not_before is None else max(due_at, job.not_before)


def _files(owner: Job) -> tuple[str, ...]:
    files = (owner.mp3_fid, owner.video_fid, owner.picture_fid)
    return tuple(media_id for media_id in files if media_id)
