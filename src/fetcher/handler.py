"""One message of the queue `link`: claim the job, fetch, and write down what became of it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Event

import structlog

from chassis.errors import StoreUnavailable, UnknownJob
from chassis.fetch_moves import fetch_claimed
from chassis.jobs import Job, Kind, Policy, now_utc
from chassis.lease_keeper import LeaseKeeper
from chassis.logs import job_context
from chassis.media_cache import MediaCache
from chassis.messages import JobMessage
from chassis.moves import Attempt
from chassis.ports import JobStore, KeyTaken, MediaStore, Publisher
from chassis.sharing import Sharing
from chassis.steps import Steps
from fetcher.fetching import Fetching
from fetcher.keeping import Keeping
from fetcher.memory import Memory, Sites
from fetcher.outcomes import Outcomes
from fetcher.playlists import Parse, Playlists
from fetcher.ports import Bringer
from fetcher.single_flight import FetchFlight

log = structlog.get_logger(__name__)


class Fetcher:
    """Brings in what the links of jobs lead to, each under fresh ids, the winner by claim.

    `hurry` is set when running fetches are to be given back.
    """

    def __init__(  # noqa: PLR0913 - all that it works with, each by its name
        self,
        *,
        jobs: JobStore,
        videos: MediaStore,
        cache: MediaCache,
        publisher: Publisher,
        bringer: Bringer,
        parse: Parse,
        policy: Policy,
        memory: Memory,
        max_entries: int,
        holder: str,
        keep_sources: bool,
        hurry: Event,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._jobs = jobs
        self._videos = videos
        self._policy = policy
        self._holder = holder
        self._hurry = hurry
        self._clock = clock
        self._steps = Steps(jobs, publisher, policy, clock)
        self._flight = FetchFlight(jobs, self._steps, policy, clock)
        sharing = Sharing(jobs, policy, clock, keep_sources=keep_sources)
        sites = Sites(cache, memory, clock)
        self._outcomes = Outcomes(self._steps, videos, sharing, self._flight)
        self._fetching = Fetching(
            bringer=bringer,
            videos=videos,
            sites=sites,
            keeping=Keeping(cache, self._steps, clock),
            sharing=sharing,
            outcomes=self._outcomes,
        )
        self._playlists = Playlists(
            jobs=jobs,
            steps=self._steps,
            bringer=bringer,
            sites=sites,
            outcomes=self._outcomes,
            parse=parse,
            max_entries=max_entries,
            policy=policy,
            clock=clock,
        )

    def handle(self, message: JobMessage) -> None:
        """Fetch for the job that `message` names, if it is to be fetched now, by us.

        Whoever waits for the same is seen to when it is over: see fetcher.single_flight.
        Raises UnknownJob, or StoreUnavailable where the outcome could not be written down: then the
        lease runs out, and the job is tried again.
        """
        leader = self._fetch_for(message.job_id)
        if leader is None:
            if self._jobs.get(message.job_id) is None:
                raise UnknownJob
            return
        try:
            for job in self._flight.waiting(leader):
                if self._hurry.is_set():
                    return
                with job_context(job.fid, job.traceparent):
                    self._fetch_for(job.fid)
        except StoreUnavailable as error:
            log.warning("what waited is left to the sweeper", error=error.detail)

    def _fetch_for(self, fid: str) -> Job | None:
        """One attempt at a job; the job as it was claimed, where the attempt brought it on."""
        video_fid, picture_fid = self._videos.new_id(), self._videos.new_id()
        # No two attempts have the same name, also those of one process.
        holder = f"{self._holder}/{video_fid}"
        try:
            job = self._steps.moved(
                fid, fetch_claimed, holder=holder, video_fid=video_fid, picture_fid=picture_fid
            )
        except KeyTaken:
            self._flight.wait(fid)
            return None
        if job is None:
            log.info("there is nothing to fetch now")
            return None
        log.info("fetching", attempt=job.attempts, kind=str(job.kind))
        attempt = Attempt(holder, job.attempts)
        fetched: list[Job] = []
        with self._outcomes.ended_by_errors(job, attempt):
            self._work_on(job, attempt)
            fetched.append(job)
        return next(iter(fetched), None)

    def _work_on(self, job: Job, attempt: Attempt) -> None:
        keeper = LeaseKeeper(self._jobs, job, attempt, self._policy, self._clock)

        def should_stop() -> bool:
            return keeper.lost or self._hurry.is_set()

        work = (
            self._playlists.expand
            if job.kind is Kind.PLAYLIST
            else partial(self._fetching.fetch, on_progress=keeper.note_progress)
        )
        with keeper:
            work(job, attempt, should_stop=should_stop)
