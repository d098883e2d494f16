"""One round over the jobs whose time has come: each gets its step, whoever else is at it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Event
from typing import Final

import structlog

from chassis.errors import BrokerUnavailable, StoreUnavailable
from chassis.health import Heartbeat
from chassis.jobs import Job, Policy, now_utc
from chassis.logs import job_context
from chassis.messages import JobMessage
from chassis.moves import announced
from chassis.ports import JobStore, MediaStore, Move, Publisher
from chassis.references import delete_unnamed, named_mp3s, named_videos
from sweeper.metrics import STEPS
from sweeper.steps import Announce, Apply, Remove, next_step

log = structlog.get_logger(__name__)

BATCH: Final = 100


class Rounds:
    """Goes over the due jobs, those that wait longest first; ends early once `stopping` is set."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        videos: MediaStore,
        mp3s: MediaStore,
        publisher: Publisher,
        policy: Policy,
        stopping: Event,
        alive: Heartbeat,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._jobs = jobs
        self._videos = videos
        self._mp3s = mp3s
        self._publisher = publisher
        self._policy = policy
        self._stopping = stopping
        self._alive = alive
        self._clock = clock

    def run(self) -> None:
        """Look at each job once that is due now; raises StoreUnavailable.

        A queue that refuses an announcement gets no other in this round: those jobs stay due.
        """
        refusing: set[str] = set()
        now = self._clock()
        after: tuple[datetime, str] | None = None
        while True:
            page = self._jobs.due(now, BATCH, after)
            for job in page:
                self._alive.beat()
                if self._stopping.is_set():
                    return
                with job_context(job.fid, job.traceparent):
                    self._look_at(job, refusing)
            if len(page) < BATCH:
                return
            after = (page[-1].due_at, page[-1].fid)

    def _look_at(self, job: Job, refusing: set[str]) -> None:
        try:
            self._take(job, refusing)
        except StoreUnavailable:
            raise
        except Exception:
            # One job that cannot be dealt with must not keep the others waiting.
            log.exception("the step failed")

    def _take(self, job: Job, refusing: set[str]) -> None:
        match next_step(job, self._policy, self._clock()):
            case Announce(queue):
                if queue not in refusing and not self._announce(job, queue):
                    refusing.add(queue)
            case Apply(reason, move):
                self._apply(job, reason, move)
            case Remove():
                if self._jobs.remove(job):
                    _done("removed", job)

    def _announce(self, job: Job, queue: str) -> bool:
        try:
            self._publisher.publish(queue, JobMessage.about(job))
        except BrokerUnavailable as error:
            log.warning("the queue takes no announcements", queue=queue, error=error.detail)
            return False
        move = partial(announced, seen=job, policy=self._policy, now=self._clock())
        if self._jobs.update(job.fid, move):
            _done("announced", job)
        return True

    def _apply(self, job: Job, reason: str, move: Move) -> None:
        moved = self._jobs.update(job.fid, partial(_if_unchanged, job, move))
        if moved is None:
            return
        _done(reason, job)
        delete_unnamed(self._jobs, self._videos, named_videos(job) - named_videos(moved))
        delete_unnamed(self._jobs, self._mp3s, named_mp3s(job) - named_mp3s(moved))


def _if_unchanged(seen: Job, move: Move, job: Job) -> Job | None:
    """Move the job only as it was seen: the files that it lets go are those it named then."""
    return move(job) if job.revision == seen.revision else None


def _done(step: str, job: Job) -> None:
    STEPS.labels(step).inc()
    log.info("the sweeper took a step", step=step, state=str(job.state))
