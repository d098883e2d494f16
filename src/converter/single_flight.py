"""Single flight: of the jobs that have the same result, one is converted and answers the others."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from chassis.errors import StoreUnavailable
from chassis.jobs import Job, Policy, State
from chassis.logs import job_context
from chassis.messages import MP3_QUEUE, waiting_queue
from chassis.ports import JobStore
from chassis.references import named_videos
from chassis.result_key import key_of
from chassis.sharing import Sharing
from chassis.sharing_moves import following

log = structlog.get_logger(__name__)

AT_ONCE: Final = 1000  # answered by one leader; whoever is left is answered when it is announced


class SingleFlight:
    """The followers' side of a claim: `announce` and `delete_sources` as the handler has them."""

    def __init__(
        self,
        jobs: JobStore,
        sharing: Sharing,
        policy: Policy,
        clock: Callable[[], datetime],
        *,
        announce: Callable[[str, Job], None],
        delete_sources: Callable[[Collection[str]], None],
    ) -> None:
        self._jobs = jobs
        self._sharing = sharing
        self._policy = policy
        self._clock = clock
        self._announce = announce
        self._delete_sources = delete_sources

    def follow(self, fid: str) -> None:
        """The key of this job is taken: answer it if the MP3 is there, else let it wait for it.

        Raises StoreUnavailable.
        """
        job = self._jobs.get(fid)
        key = key_of(job) if job else None
        if job is None or key is None:
            return
        ready = self._sharing.answered(job)
        if ready:
            self._tell(job, ready)
            return
        leaders = self._jobs.with_result_key(key, State.CONVERTING, 1)
        leader = leaders[0] if leaders else None
        wait = partial(following, leader=leader, policy=self._policy, now=self._clock())
        if self._jobs.update(fid, wait):
            log.info("the same is being converted", leader_job_id=leader.fid if leader else None)

    def answer_followers(self, leader: Job) -> None:
        """`leader` is ready: so is each job that waits for the same result.

        A job that cannot be answered now is answered when the sweeper has announced it again.
        """
        try:
            for job in self._waiting(leader, AT_ONCE):
                with job_context(job.fid, job.traceparent):
                    ready = self._sharing.answered_by(leader, job)
                    if ready:
                        self._tell(job, ready)
        except StoreUnavailable as error:
            log.warning("followers are not answered now", error=error.detail)

    def hand_over(self, leader: Job) -> None:
        """`leader` has failed: one of those that waited for it is tried now, on its own account."""
        try:
            for job in self._waiting(leader, 1):
                self._announce(waiting_queue(job), job)
        except StoreUnavailable as error:
            log.warning("no follower is announced now", error=error.detail)

    def _waiting(self, leader: Job, limit: int) -> list[Job]:
        if leader.result_key is None:
            return []
        return self._jobs.with_result_key(leader.result_key, State.QUEUED, limit)

    def _tell(self, before: Job, ready: Job) -> None:
        self._announce(MP3_QUEUE, ready)
        self._delete_sources(named_videos(before) - named_videos(ready))
