"""Who may start another upload: each user has a limited number of unfinished jobs."""

from collections.abc import Sequence
from threading import Lock
from typing import Final

from chassis.jobs import Job
from chassis.ports import JobExists, JobStore
from gateway.refusals import TooManyJobs

_LOCKS: Final = 64


class Admission:
    """Counts and inserts as one step for each user, so that a burst cannot slip through.

    That holds within this process: with several gateways a user may get a few more.
    """

    def __init__(self, jobs: JobStore, limit: int) -> None:
        self._jobs = jobs
        self._limit = limit
        self._locks = [Lock() for _ in range(_LOCKS)]

    def check(self, username: str, more: int = 1) -> None:
        """Raise TooManyJobs if the user has to wait with so many more jobs."""
        if self._jobs.count_unfinished(username) + more > self._limit:
            raise TooManyJobs(self._limit)

    def admit(self, job: Job) -> None:
        """Insert the job; raises TooManyJobs, and JobExists as JobStore.insert does."""
        with self._locks[hash(job.username) % _LOCKS]:
            self.check(job.username)
            self._jobs.insert(job)

    def admit_all(self, jobs: Sequence[Job]) -> None:
        """Insert jobs of one user, in their order, or none of them where they are too many.

        One whose fid is there already is passed over. Raises TooManyJobs, and JobExists for one
        with an idempotency key.
        """
        if not jobs:
            return
        username = jobs[0].username
        with self._locks[hash(username) % _LOCKS]:
            self.check(username, len(jobs))
            for job in jobs:
                try:
                    self._jobs.insert(job)
                except JobExists:
                    if job.idempotency_key is not None:
                        raise
