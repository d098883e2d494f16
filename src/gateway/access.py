"""Which jobs a user may see: their own; an admin all. Another's is as if it were not there."""

from chassis.jobs import Job, is_fid
from chassis.ports import JobStore
from gateway import refusals
from gateway.tokens import User


def checked_fid(text: str) -> str:
    """The id in its canonical spelling; raises Refusal if it cannot be one."""
    if not is_fid(text):
        raise refusals.invalid_fid()
    return text.lower()


def job_for(jobs: JobStore, fid: str, user: User | None) -> Job:
    """The job with that id; `user` None: whoever asks has shown a signed link. Raises Refusal."""
    job = jobs.get(checked_fid(fid))
    if job is None or not (user is None or user.admin or user.username == job.username):
        raise refusals.job_not_found()
    return job
