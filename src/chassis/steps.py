"""What a worker does to a job from outside: move it on, tell of it, delete what it left."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

import structlog

from chassis import following_moves
from chassis.errors import BrokerUnavailable, StoreUnavailable
from chassis.jobs import Job, Policy
from chassis.messages import JobMessage
from chassis.ports import JobStore, MediaStore, Publisher
from chassis.references import delete_unnamed

log = structlog.get_logger(__name__)


class Steps:
    """Single steps, each of which may be repeated."""

    def __init__(
        self,
        jobs: JobStore,
        publisher: Publisher,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._jobs = jobs
        self._publisher = publisher
        self._policy = policy
        self._clock = clock

    def moved(
        self,
        fid: str,
        move: Callable[..., Job | None],
        known: Job | None = None,
        **named: object,
    ) -> Job | None:
        """The job after `move`, which was told of policy and time; None where it does not apply.

        For `known` see JobStore.update; raises KeyTaken and StoreUnavailable as that does.
        """
        move = partial(move, policy=self._policy, now=self._clock(), **named)
        return self._jobs.update(fid, move, known)

    def ended(self, fid: str, move: Callable[..., Job | None], **named: object) -> Job | None:
        """As `moved`; of an upload that is still under way, it lets go instead."""
        return self.moved(fid, partial(following_moves.let_go_or, move=move), None, **named)

    def announce(self, queue: str, job: Job) -> None:
        """Say it now; if nobody hears it, the sweeper says it again."""
        try:
            self._publisher.publish(queue, JobMessage.about(job))
        except BrokerUnavailable as error:
            log.warning("not announced", queue=queue, error=error.detail)

    def delete(self, media: MediaStore, media_ids: Collection[str]) -> None:
        """Delete them now, unless a job names them; if the store is away, the sweeper does it."""
        try:
            delete_unnamed(self._jobs, media, media_ids)
        except StoreUnavailable as error:
            log.warning("not deleted", media_ids=sorted(media_ids), error=error.detail)
