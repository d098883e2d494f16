"""How an attempt ends: with a video, with what was made of it before, or with a reason why not."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

import structlog

from chassis import fetch_moves, moves
from chassis.attempt_errors import ending_attempts
from chassis.jobs import Failure, Job, Kind, State
from chassis.messages import MP3_QUEUE, waiting_queue
from chassis.moves import Attempt
from chassis.ports import MediaStore
from chassis.references import named_videos
from chassis.sharing import Sharing
from chassis.sources import Source
from chassis.steps import Steps
from fetcher.keeping import Files
from fetcher.metrics import FETCHES
from fetcher.ports import Stopped
from fetcher.single_flight import FetchFlight

log = structlog.get_logger(__name__)

_UNEXPECTED: Final = Failure("internal", "The fetch broke off for a reason that is not the link's.")


class Outcomes:
    """Writes down what became of attempts, tells it, and deletes what nobody needs any more."""

    def __init__(
        self, steps: Steps, videos: MediaStore, sharing: Sharing, flight: FetchFlight
    ) -> None:
        self._steps = steps
        self._videos = videos
        self._sharing = sharing
        self._flight = flight

    def ended_by_errors(self, job: Job, attempt: Attempt) -> AbstractContextManager[None]:
        """Whatever is raised inside ends the attempt, each error in its own way."""
        return ending_attempts(
            Stopped,
            stop=partial(self._stop, job, attempt),
            fail=partial(self._fail, job, attempt),
            unexpected=_UNEXPECTED,
        )

    def complete(
        self, job: Job, attempt: Attempt, source: Source, files: Files, outcome: str
    ) -> None:
        """The video is stored whole: a converter's turn, or the end of a job for the cache."""
        if job.kind is Kind.MP3:
            move = partial(
                fetch_moves.fetched, video_fid=files.video_fid, picture_fid=files.picture_fid
            )
            self._end(job, attempt, move, source, outcome)
        else:
            self.close(job, attempt, source, outcome)

    def close(self, job: Job, attempt: Attempt, source: Source, outcome: str) -> None:
        """All is done that the job is for, and no MP3 is to come of it."""
        self._end(job, attempt, fetch_moves.done_without_mp3, source, outcome)

    def identify(self, job: Job, attempt: Attempt, source: Source) -> None:
        """Somebody has the MP3 of what the link leads to, or had it a moment ago."""
        waiting = self._end(job, attempt, fetch_moves.identified, source, "shared")
        if waiting is None:
            return
        ready = self._sharing.answered(waiting)
        if ready:
            self._steps.announce(MP3_QUEUE, ready)
        else:
            self._steps.announce(waiting_queue(waiting), waiting)

    def _end(
        self,
        job: Job,
        attempt: Attempt,
        move: Callable[..., Job | None],
        source: Source,
        outcome: str,
    ) -> Job | None:
        """The job after `move`, its files deleted that it let go of; None where it came too late.

        Raises StoreUnavailable.
        """
        moved = self._steps.moved(job.fid, move, attempt=attempt, source=source)
        FETCHES.labels(outcome if moved else "too_late").inc()
        log.info("the fetch is over", outcome=outcome if moved else "too_late", size=source.size)
        self._let_go(job, moved)
        if moved and moved.has_source:
            self._steps.announce(waiting_queue(moved), moved)
        return moved

    def _stop(self, job: Job, attempt: Attempt) -> None:
        FETCHES.labels("stopped").inc()
        waiting = self._steps.moved(job.fid, moves.given_back, attempt=attempt)
        self._let_go(job, waiting)
        if waiting:
            log.info("the job is given back")
            self._steps.announce(waiting_queue(waiting), waiting)

    def _fail(
        self, job: Job, attempt: Attempt, move: Callable[..., Job | None], reason: Failure
    ) -> None:
        moved = self._steps.moved(job.fid, move, attempt=attempt, reason=reason)
        FETCHES.labels(reason.code if moved else "too_late").inc()
        self._let_go(job, moved)
        if moved is None or moved.state is not State.FAILED:
            return
        if not moved.mail.settled:
            self._steps.announce(MP3_QUEUE, moved)
        if move is moves.failed:
            self._flight.refuse_waiting(moved, reason)
        else:
            self._flight.hand_over(moved)

    def _let_go(self, job: Job, moved: Job | None) -> None:
        """Delete what the attempt has written, but what the job, or the cache, still names."""
        left = named_videos(moved) if moved else set()
        self._steps.delete(self._videos, named_videos(job) - left)
