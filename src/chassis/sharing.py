"""Answering a job with the MP3 that another job of the same result key has."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from chassis.jobs import Job, Policy, State
from chassis.metrics import RESULTS_SHARED
from chassis.ports import JobStore
from chassis.result_key import key_of
from chassis.sharing_moves import adopted, adopting, names_files_of

log = structlog.get_logger(__name__)


class Sharing:
    """Makes jobs ready without converting them. `keep_sources`: as a conversion would have it.

    Its methods raise StoreUnavailable: the job is then queued, and converted or answered later.
    """

    def __init__(
        self, jobs: JobStore, policy: Policy, clock: Callable[[], datetime], *, keep_sources: bool
    ) -> None:
        self._jobs = jobs
        self._policy = policy
        self._clock = clock
        self._keep_sources = keep_sources

    def owner_of(self, key: str) -> Job | None:
        """A job that is ready with that result key."""
        owners = self._jobs.with_result_key(key, State.READY, 1)
        return owners[0] if owners else None

    def answered(self, job: Job) -> Job | None:
        """`job`, made ready where any job has its MP3; None where none has, or it moved on."""
        key = key_of(job)
        if job.state is not State.QUEUED or key is None:
            return None
        owner = self.owner_of(key)
        if owner is not None and names_files_of(job, owner):
            return self._adopted(job, owner)
        return self.answered_by(owner, job) if owner else None

    def answered_by(self, owner: Job, job: Job) -> Job | None:
        """`job`, made ready with the MP3 of `owner`; None where that is gone, or `job` moved on.

        The caller announces it, and deletes its source where it let go of it.
        """
        named = self._jobs.update(
            job.fid, partial(adopting, owner=owner, policy=self._policy, now=self._clock())
        )
        owner_now = self._jobs.get(owner.fid) if named else None
        return self._adopted(named, owner_now) if named and owner_now else None

    def _adopted(self, named: Job, owner: Job) -> Job | None:
        ready = self._jobs.update(
            named.fid,
            partial(
                adopted,
                named=named,
                owner=owner,
                policy=self._policy,
                now=self._clock(),
                keep_source=self._keep_sources,
            ),
        )
        if ready is not None:
            RESULTS_SHARED.inc()
            log.info("ready: the same was converted before", shared_job_id=owner.fid)
        return ready
