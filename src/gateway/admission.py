"""Who may start another upload: each user has a limited number of unfinished jobs."""

from threading import Lock
from typing import Final

from chassis.jobs import Job
from chassis.ports import JobStore
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

    def check(self, username: str) -> None:
        """Raise TooManyJobs if the user has to wait."""
        if self._jobs.count_unfinished(username) >= self._limit:
            raise TooManyJobs(self._limit)

    def admit(self, job: Job) -> None:
        """Insert the job; raises TooManyJobs, and JobExists as JobStore.insert does."""
        with self._locks[hash(job.username) % _LOCKS]:
            self.check(job.username)
            self._jobs.insert(job)
