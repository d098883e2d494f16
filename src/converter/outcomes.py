"""How an attempt ends: with an MP3, or with one of the reasons why there is none."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

import structlog

from chassis import moves
from chassis.attempt_errors import ending_attempts
from chassis.jobs import Failure, Job, Result, State
from chassis.messages import MP3_QUEUE, VIDEO_QUEUE
from chassis.moves import Attempt
from chassis.ports import MediaStore, StoredMedia
from chassis.references import named_videos
from chassis.steps import Steps
from converter.conversion import Conversion, Stopped
from converter.metrics import CONVERSIONS, WAIT_SECONDS
from converter.single_flight import SingleFlight

log = structlog.get_logger(__name__)

_UNEXPECTED: Final = Failure(
    "internal", "The conversion broke off for a reason that is not the video's."
)


class Outcomes:
    """Writes down what became of attempts, tells it, and deletes what nobody needs any more."""

    def __init__(
        self,
        steps: Steps,
        videos: MediaStore,
        mp3s: MediaStore,
        flight: SingleFlight,
        *,
        keep_sources: bool,
    ) -> None:
        self._steps = steps
        self._videos = videos
        self._mp3s = mp3s
        self._flight = flight
        self._keep_sources = keep_sources

    def ended_by_errors(self, job: Job, attempt: Attempt) -> AbstractContextManager[None]:
        """Whatever is raised inside ends the attempt, each error in its own way."""
        return ending_attempts(
            Stopped,
            stop=partial(self._stop, job, attempt),
            fail=partial(self._fail, job, attempt),
            unexpected=_UNEXPECTED,
        )

    def complete(
        self, job: Job, attempt: Attempt, conversion: Conversion, stored: StoredMedia
    ) -> None:
        """The job is ready, unless it was taken from us meanwhile; raises StoreUnavailable."""
        result = Result(
            size=stored.size,
            sha256=stored.sha256,
            duration=conversion.mp3.duration,
            bitrate=conversion.mp3.bitrate,
            parts=conversion.parts,
            mode=conversion.mp3.mode,
            channels=conversion.mp3.channels,
            sample_rate=conversion.mp3.sample_rate,
            loudness=conversion.mp3.loudness,
            notes=conversion.notes,
        )
        ready = self._steps.moved(
            job.fid,
            moves.completed,
            known=job,
            attempt=attempt,
            result=result,
            media=conversion.source,
            keep_source=self._keep_sources,
        )
        if ready is None:
            self._discard(stored)
            return
        log.info("ready", size=stored.size, duration=result.duration)
        CONVERSIONS.labels("ready").inc()
        if ready.seconds_waited is not None:
            WAIT_SECONDS.observe(ready.seconds_waited)
        self._steps.announce(MP3_QUEUE, ready)
        self._steps.delete(self._videos, named_videos(job) - named_videos(ready))
        self._flight.answer_followers(ready)

    def _discard(self, stored: StoredMedia) -> None:
        """The MP3 came too late: it goes, unless the job names it after all.

        That happens where the store's answer to `completed` was lost and others moved the job on.
        """
        CONVERSIONS.labels("too_late").inc()
        log.info("the MP3 came too late")
        self._steps.delete(self._mp3s, [stored.media_id])

    def _stop(self, job: Job, attempt: Attempt) -> None:
        CONVERSIONS.labels("stopped").inc()
        waiting = self._steps.ended(job.fid, moves.given_back, attempt=attempt)
        if waiting:
            log.info("the job is given back")
            self._steps.announce(VIDEO_QUEUE, waiting)

    def _fail(
        self, job: Job, attempt: Attempt, move: Callable[..., Job | None], reason: Failure
    ) -> None:
        moved = self._steps.ended(job.fid, move, attempt=attempt, reason=reason)
        # A cancelled job's video is gone in the middle: that is no failure of the conversion.
        CONVERSIONS.labels(reason.code if moved else "too_late").inc()
        if moved and moved.state is State.FAILED:
            self._steps.announce(MP3_QUEUE, moved)
            self._steps.delete(self._videos, named_videos(job))
            self._flight.hand_over(moved)
