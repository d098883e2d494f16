"""One message of the queue `video`: claim the job, convert, and write down what became of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from threading import Event
from time import monotonic
from typing import Final, Protocol

import structlog

from chassis import following_moves, moves
from chassis.errors import (
    BrokerUnavailable,
    MediaMissing,
    Permanent,
    Retryable,
    StoreUnavailable,
    UnknownJob,
)
from chassis.identity import unique_name
from chassis.jobs import Failure, Job, Policy, Result, State, now_utc
from chassis.messages import MP3_QUEUE, VIDEO_QUEUE, JobMessage
from chassis.moves import Attempt
from chassis.options import ConversionOptions
from chassis.ports import (
    FollowingReader,
    JobStore,
    KeyTaken,
    MediaReader,
    MediaStore,
    Publisher,
    Rest,
    StoredMedia,
)
from chassis.references import delete_unnamed
from chassis.sharing import Sharing
from converter.conversion import Conversion, Stopped
from converter.following import FollowedUpload, Followers
from converter.lease_keeper import LeaseKeeper
from converter.metrics import AUDIO_SECONDS, CONVERSION_SECONDS, CONVERSIONS, WAIT_SECONDS
from converter.ports import Sink, SourceReader
from converter.single_flight import SingleFlight

log = structlog.get_logger(__name__)

_MP3: Final = (".mp3", "audio/mpeg")
_ZIP: Final = (".zip", "application/zip")
_UNEXPECTED: Final = Failure(
    "internal", "The conversion broke off for a reason that is not the video's."
)


class Engine(Protocol):
    """Makes an MP3; see converter.box."""

    def convert(
        self,
        source: SourceReader,
        sink: Sink,
        options: ConversionOptions,
        *,
        name: str,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
        arriving: bool = False,
    ) -> Conversion:
        """Write the MP3 to `sink`; raises Permanent, Retryable, or Stopped when told to stop."""


class Converter:
    """Turns the videos that messages name into MP3s, each under a fresh id, the winner by claim.

    `hurry` is set when running conversions are to be given back.
    """

    def __init__(  # noqa: PLR0913 - all that it works with, each by its name
        self,
        *,
        jobs: JobStore,
        videos: MediaStore,
        mp3s: MediaStore,
        publisher: Publisher,
        engine: Engine,
        followers: Followers,
        policy: Policy,
        holder: str,
        keep_sources: bool,
        hurry: Event,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._jobs = jobs
        self._videos = videos
        self._mp3s = mp3s
        self._publisher = publisher
        self._engine = engine
        self._followers = followers
        self._policy = policy
        self._holder = holder
        self._keep_sources = keep_sources
        self._hurry = hurry
        self._clock = clock
        self._flight = SingleFlight(
            jobs,
            Sharing(jobs, policy, clock, keep_sources=keep_sources),
            policy,
            clock,
            announce=self._announce,
            delete_source=partial(self._delete, videos),
        )

    def handle(self, message: JobMessage) -> Rest | None:
        """Convert the job that `message` names, if it is to be converted now, by us.

        What is left when its MP3 is made, storing and announcing it, is given back as the rest: the
        lease goes on meanwhile. A video that still arrives is followed beside, if there is room: it
        is announced again. One with the same result as another is not converted: see
        converter.single_flight.
        Raises UnknownJob, or StoreUnavailable where the outcome could not be written down: then the
        lease runs out, and the job is tried again.
        """
        writing_fid = self._mp3s.new_id()
        try:
            job = self._moved(
                message.job_id, moves.claimed, holder=self._holder, writing_fid=writing_fid
            )
        except KeyTaken:
            self._flight.follow(message.job_id)
            return None
        if job is None:
            self._look_at(message.job_id)
            return None
        log.info("converting", attempt=job.attempts, size=job.source.size)
        return self._work_on(job, Attempt(self._holder, job.attempts))

    def _look_at(self, fid: str) -> None:
        """A job that cannot be claimed: its upload may be under way."""
        found = self._jobs.get(fid)
        if found is None:
            raise UnknownJob
        if found.state is not State.RECEIVING:
            log.info("there is nothing to convert now")
        elif not self._followers.start(partial(self._follow, fid)):
            log.info("there is no room to follow the upload")

    def _follow(self, fid: str) -> None:
        # A name of its own: the same process may hold the same job by a usual claim afterwards.
        attempt = Attempt(unique_name("follower"), 1)
        writing_fid = self._mp3s.new_id()
        job = self._moved(
            fid, following_moves.followed, holder=attempt.holder, writing_fid=writing_fid
        )
        if job is None:
            return
        log.info("following the upload")
        if rest := self._work_on(job, attempt):
            rest()

    def _work_on(self, job: Job, attempt: Attempt) -> Rest | None:
        """Convert; what is left to do, or None where an error has ended the attempt."""
        with self._ended_by_errors(job, attempt):
            return partial(self._finish, job, attempt, self._convert(job, attempt))

    def _finish(self, job: Job, attempt: Attempt, store: Rest) -> None:
        with self._ended_by_errors(job, attempt):
            store()

    @contextmanager
    def _ended_by_errors(self, job: Job, attempt: Attempt) -> Iterator[None]:
        """Whatever is raised inside ends the attempt, each error in its own way."""
        try:
            yield
        except Stopped:
            self._stop(job, attempt)
        except Permanent as error:
            log.info("the video cannot be converted", code=error.code, detail=error.detail)
            reason = Failure(error.code, error.detail)
            self._fail(job, moves.failed, attempt=attempt, reason=reason)
        except Retryable as error:
            log.warning("the attempt failed", code=error.code, detail=error.detail)
            reason = Failure(error.code, error.detail)
            self._fail(job, moves.attempt_failed, attempt=attempt, reason=reason)
        except Exception:
            log.exception("the attempt failed")
            self._fail(job, moves.attempt_failed, attempt=attempt, reason=_UNEXPECTED)

    def _convert(self, job: Job, attempt: Attempt) -> Rest:
        """Make the MP3; storing its end, and what follows from that, is left to do."""
        if job.video_fid is None or job.writing_fid is None:
            raise MediaMissing(job.fid)
        started = monotonic()
        keeper = LeaseKeeper(self._jobs, job, attempt, self._policy, self._clock)
        suffix, content_type = _ZIP if job.options.split_chapters else _MP3
        writer = self._mp3s.writer(
            job.writing_fid,
            name=f"{job.fid}{suffix}",
            content_type=content_type,
            rewritable=True,
        )
        arriving = job.state is State.RECEIVING

        def should_stop() -> bool:
            return keeper.lost or self._hurry.is_set()

        upload = FollowedUpload(self._jobs, job.fid, attempt, should_stop)
        video: MediaReader | FollowingReader = (
            self._videos.follow(job.video_fid, upload.size)
            if arriving
            else self._videos.open(job.video_fid)
        )
        with ExitStack() as stack:
            stack.enter_context(keeper)
            stack.enter_context(writer)
            with video as source:
                conversion = self._engine.convert(
                    source,
                    writer,
                    job.options,
                    name=job.source.name,
                    on_progress=keeper.note_progress,
                    should_stop=should_stop,
                    arriving=arriving,
                )
                log.info("converted", size=source.size)  # of which an upload's end is part
            until_stored = stack.pop_all()

        def store() -> None:
            with until_stored:
                stored = writer.finish()
            self._complete(job, attempt, conversion, stored)
            kind = "arriving" if arriving else "whole"
            CONVERSION_SECONDS.labels(kind).observe(monotonic() - started)
            AUDIO_SECONDS.labels(kind).inc(conversion.mp3.duration)

        return store

    def _complete(
        self, job: Job, attempt: Attempt, conversion: Conversion, stored: StoredMedia
    ) -> None:
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
        ready = self._moved(
            job.fid,
            moves.completed,
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
        self._announce(MP3_QUEUE, ready)
        if ready.video_fid is None:
            self._delete(self._videos, job.video_fid)
        self._flight.answer_followers(ready)

    def _discard(self, stored: StoredMedia) -> None:
        """The MP3 came too late: it goes, unless the job names it after all.

        That happens where the store's answer to `completed` was lost and others moved the job on.
        """
        CONVERSIONS.labels("too_late").inc()
        log.info("the MP3 came too late")
        self._delete(self._mp3s, stored.media_id)

    def _stop(self, job: Job, attempt: Attempt) -> None:
        CONVERSIONS.labels("stopped").inc()
        waiting = self._ended(job.fid, moves.given_back, attempt=attempt)
        if waiting:
            log.info("the job is given back")
            self._announce(VIDEO_QUEUE, waiting)

    def _fail(self, job: Job, move: Callable[..., Job | None], **named: object) -> None:
        reason = named["reason"]
        assert isinstance(reason, Failure)
        moved = self._ended(job.fid, move, **named)
        # A cancelled job's video is gone in the middle: that is no failure of the conversion.
        CONVERSIONS.labels(reason.code if moved else "too_late").inc()
        if moved and moved.state is State.FAILED:
            self._announce(MP3_QUEUE, moved)
            self._delete(self._videos, job.video_fid)
            self._flight.hand_over(moved)

    def _moved(self, fid: str, move: Callable[..., Job | None], **named: object) -> Job | None:
        return self._jobs.update(
            fid, partial(move, policy=self._policy, now=self._clock(), **named)
        )

    def _ended(self, fid: str, move: Callable[..., Job | None], **named: object) -> Job | None:
        """End an attempt by `move`, or let go of an upload that is still under way."""
        return self._moved(fid, partial(following_moves.let_go_or, move=move), **named)

    def _announce(self, queue: str, job: Job) -> None:
        """Say it now; if nobody hears it, the sweeper says it again."""
        try:
            self._publisher.publish(queue, JobMessage.about(job))
        except BrokerUnavailable as error:
            log.warning("not announced", queue=queue, error=error.detail)

    def _delete(self, media: MediaStore, media_id: str | None) -> None:
        """Delete it now, unless a job names it; if the store is away, the sweeper deletes it."""
        try:
            if media_id:
                delete_unnamed(self._jobs, media, [media_id])
        except StoreUnavailable as error:
            log.warning("not deleted", media_id=media_id, error=error.detail)
