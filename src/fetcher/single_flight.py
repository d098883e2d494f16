"""Single flight: of the jobs whose links lead to the same, one asks the site for all of them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from chassis import fetch_moves
from chassis.errors import StoreUnavailable
from chassis.jobs import Failure, Job, Kind, Policy, State
from chassis.logs import job_context
from chassis.messages import LINK_QUEUE, MP3_QUEUE
from chassis.ports import JobStore
from chassis.sharing_moves import following
from chassis.steps import Steps

log = structlog.get_logger(__name__)

AT_ONCE: Final = 1000  # looked at by one leader; whoever is left is announced by the sweeper
OWN_FAULTS: Final = frozenset({"checksum_mismatch"})
"""The codes of failures that say something of one job, not of what its link leads to."""


class FetchFlight:
    """What becomes of the jobs that wait because another fetches the same."""

    def __init__(
        self, jobs: JobStore, steps: Steps, policy: Policy, clock: Callable[[], datetime]
    ) -> None:
        self._jobs = jobs
        self._steps = steps
        self._policy = policy
        self._clock = clock

    def wait(self, fid: str) -> None:
        """What this job is to fetch is being fetched: it waits until that is over.

        Raises StoreUnavailable.
        """
        job = self._jobs.get(fid)
        if job is None or job.link is None:
            return
        leader = next(iter(self._alike(job, State.FETCHING)), None)
        wait = partial(following, leader=leader, policy=self._policy, now=self._clock())
        if self._jobs.update(fid, wait):
            log.info("the same is being fetched", leader_job_id=leader.fid if leader else None)

    def waiting(self, leader: Job) -> list[Job]:
        """The jobs that wait for what `leader` was to fetch, oldest first.

        Raises StoreUnavailable.
        """
        return [job for job in self._alike(leader, State.QUEUED) if job.needs_fetch]

    def refuse_waiting(self, leader: Job, reason: Failure) -> None:
        """`leader` has failed for a reason that holds for all that wait: nobody asks again.

        A job for which that cannot be written down now asks when it is announced again.
        """
        if reason.code in OWN_FAULTS:
            self.hand_over(leader)
            return
        try:
            for job in self.waiting(leader):
                if (job.kind is Kind.PLAYLIST) is (leader.kind is Kind.PLAYLIST):
                    with job_context(job.fid, job.traceparent):
                        self._refuse(job, reason)
        except StoreUnavailable as error:
            log.warning("what waits is not refused now", error=error.detail)

    def _refuse(self, job: Job, reason: Failure) -> None:
        failed = self._steps.moved(job.fid, fetch_moves.refused, reason=reason)
        if failed:
            log.info("failed as the job that it waited for", code=reason.code)
            if not failed.mail.settled:
                self._steps.announce(MP3_QUEUE, failed)

    def hand_over(self, leader: Job) -> None:
        """`leader` has failed for a reason of its own: the oldest that waits is tried now."""
        try:
            for job in self.waiting(leader)[:1]:
                self._steps.announce(LINK_QUEUE, job)
        except StoreUnavailable as error:
            log.warning("nothing that waits is announced now", error=error.detail)

    def _alike(self, job: Job, state: State) -> list[Job]:
        """The jobs in `state` that are to fetch the same, oldest first."""
        assert job.link is not None
        found = self._jobs.with_link_key(job.link.key, state, AT_ONCE)
        return [
            other for other in found if other.link and other.link.fetch_key == job.link.fetch_key
        ]
