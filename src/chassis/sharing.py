"""Answering a job with the MP3 that another job of the same result key has."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from chassis import sharing_moves
from chassis.jobs import Job, Policy, State
from chassis.metrics import RESULTS_SHARED
from chassis.ports import JobStore
from chassis.result_key import key_of

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

    def answered(self, job: Job) -> Job | None:
        """`job`, made ready where any job has its MP3; None where none has, or it moved on."""
        key = key_of(job)
        if job.state is not State.QUEUED or key is None:
            return None
        owners = self._jobs.with_result_key(key, State.READY, 1)
        return self.answered_by(owners[0], job) if owners else None

    def answered_by(self, owner: Job, job: Job) -> Job | None:
        """`job`, made ready with the MP3 of `owner`; None where that is gone, or `job` moved on.

        The caller announces it, and deletes its source where it let go of it.
        """
        adopting = partial(
            sharing_moves.adopting, owner=owner, policy=self._policy, now=self._clock()
        )
        if self._jobs.update(job.fid, adopting) is None:
            return None
        owner_now = self._jobs.get(owner.fid)
        if owner_now is None:
            return None
        adopted = partial(
            sharing_moves.adopted,
            owner=owner_now,
            policy=self._policy,
            now=self._clock(),
            keep_source=self._keep_sources,
        )
        ready = self._jobs.update(job.fid, adopted)
        if ready is not None:
            RESULTS_SHARED.inc()
            log.info("ready: the same was converted before", shared_job_id=owner.fid)
        return ready
