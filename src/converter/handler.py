"""One message of the queue `video`: claim the job, convert, and write down what became of it."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from threading import Event
from time import monotonic
from typing import Final, Protocol

import structlog

from chassis import following_moves, moves
from chassis.errors import MediaMissing, UnknownJob
from chassis.identity import unique_name
from chassis.jobs import Job, Policy, State, now_utc
from chassis.lease_keeper import LeaseKeeper
from chassis.messages import JobMessage
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
)
from chassis.sharing import Sharing
from chassis.steps import Steps
from converter.conversion import Conversion
from converter.following import FollowedUpload, Followers
from converter.metrics import AUDIO_SECONDS, CONVERSION_SECONDS
from converter.outcomes import Outcomes
from converter.ports import Sink, SourceReader
from converter.single_flight import SingleFlight
from converter.site import Site
from converter.site_picture import read_site

log = structlog.get_logger(__name__)

_MP3: Final = (".mp3", "audio/mpeg")
_ZIP: Final = (".zip", "application/zip")


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
        site: Site | None = None,
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
        self._engine = engine
        self._followers = followers
        self._policy = policy
        self._holder = holder
        self._hurry = hurry
        self._clock = clock
        self._steps = Steps(jobs, publisher, policy, clock)
        self._flight = SingleFlight(
            jobs,
            Sharing(jobs, policy, clock, keep_sources=keep_sources),
            policy,
            clock,
            announce=self._steps.announce,
            delete_sources=partial(self._steps.delete, videos),
        )
        self._outcomes = Outcomes(
            self._steps, videos, mp3s, self._flight, keep_sources=keep_sources
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
            job = self._steps.moved(
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
        job = self._steps.moved(
            fid, following_moves.followed, holder=attempt.holder, writing_fid=writing_fid
        )
        if job is None:
            return
        log.info("following the upload")
        if rest := self._work_on(job, attempt):
            rest()

    def _work_on(self, job: Job, attempt: Attempt) -> Rest | None:
        """Convert; what is left to do, or None where an error has ended the attempt."""
        with self._outcomes.ended_by_errors(job, attempt):
            return partial(self._finish, job, attempt, self._convert(job, attempt))

    def _finish(self, job: Job, attempt: Attempt, store: Rest) -> None:
        with self._outcomes.ended_by_errors(job, attempt):
            store()

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
        site = read_site(job, self._videos)

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
                    site=site,
                )
                log.info("converted", size=source.size)  # of which an upload's end is part
            until_stored = stack.pop_all()

        def store() -> None:
            with until_stored:
                stored = writer.finish()
            self._outcomes.complete(job, attempt, conversion, stored)
            kind = "arriving" if arriving else "whole"
            CONVERSION_SECONDS.labels(kind).observe(monotonic() - started)
            AUDIO_SECONDS.labels(kind).inc(conversion.mp3.duration)

        return store
