"""Playlists: a job for each of their videos, made once however often the playlist is listed."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from chassis.errors import Permanent
from chassis.jobs import Batch, Failure, Job, Policy, State
from chassis.link_url import LinkUrl
from chassis.logs import job_context
from chassis.messages import LINK_QUEUE, MP3_QUEUE
from chassis.moves import Attempt, cancelled, finished
from chassis.ports import JobExists, JobStore
from chassis.sources import Link, Source
from chassis.steps import Steps
from fetcher.memory import Sites
from fetcher.outcomes import Outcomes
from fetcher.ports import Bringer, Entry, Stopped

log = structlog.get_logger(__name__)

_UUID_BYTES: Final = 16


Parse = Callable[[str], LinkUrl]
"""Reads a link; raises Permanent where it is none, or points where it must not."""


class EmptyPlaylist(Permanent):
    """A playlist without videos."""

    def __init__(self) -> None:
        super().__init__("no_media", "There are no videos in this playlist.")


def entry_fid(batch_id: str, position: int) -> str:
    """The fid of the job at `position` (from 0) of a batch: always the same, never another's.

    In the form that chassis.jobs.new_fid gives.
    """
    digest = hashlib.sha256(f"{batch_id}/{position}".encode()).digest()
    return str(UUID(bytes=digest[:_UUID_BYTES], version=4))


def entry_job(
    playlist: Job, position: int, entry: Entry, parse: Parse, policy: Policy, now: datetime
) -> Job:
    """The job for one video of a playlist, with the playlist's options, to be fetched.

    Where its link is none that may be followed, it has failed for that reason.
    """
    failure: Failure | None = None
    url = key = entry.url
    try:
        parsed = parse(entry.url)
        url, key = parsed.url, parsed.key
    except Permanent as error:
        failure = Failure(error.code, error.detail)
    job = Job(
        fid=entry_fid(playlist.fid, position),
        username=playlist.username,
        state=State.QUEUED,
        created_at=now,
        updated_at=now,
        due_at=now + policy.announce_after(0),
        source=Source(entry.title or url),
        link=Link(url, key, pixels=bool(playlist.link and playlist.link.pixels)),
        batch=Batch(playlist.fid, position),
        options=playlist.options,
        traceparent=playlist.traceparent,
    )
    return finished(job, State.FAILED, failure, policy, now) if failure else job


class Playlists:
    """Has an attempt at a playlist end with a job for each of its videos."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        steps: Steps,
        bringer: Bringer,
        sites: Sites,
        outcomes: Outcomes,
        parse: Parse,
        max_entries: int,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._jobs = jobs
        self._steps = steps
        self._bringer = bringer
        self._sites = sites
        self._outcomes = outcomes
        self._parse = parse
        self._max_entries = max_entries
        self._policy = policy
        self._clock = clock

    def expand(self, job: Job, attempt: Attempt, *, should_stop: Callable[[], bool]) -> None:
        """Make the jobs, and tell of each; those that an earlier attempt made stay as they are.

        Raises EmptyPlaylist, what Bringer does, and StoreUnavailable.
        """
        assert job.link is not None
        self._sites.known(job.link)
        with self._sites.heard(job.link):
            listed = self._bringer.entries(job.link.url, self._max_entries, should_stop=should_stop)
        if not listed.entries:
            raise EmptyPlaylist
        for position, entry in enumerate(listed.entries[: self._max_entries]):
            if should_stop():
                self._withdraw_if_unwanted(job.fid)
                raise Stopped
            self._add(entry_job(job, position, entry, self._parse, self._policy, self._clock()))
        source = Source(listed.title or job.source.name)
        self._outcomes.close(job, attempt, source, "listed")
        self._withdraw_if_unwanted(job.fid)

    def _withdraw_if_unwanted(self, batch_id: str) -> None:
        """Cancel what was made of a playlist whose owner cancelled it meanwhile."""
        playlist = self._jobs.get(batch_id)
        if playlist is None or playlist.state is State.CANCELLED:
            for entry in self._jobs.in_batch(batch_id):
                self._steps.moved(entry.fid, cancelled)

    def _add(self, entry: Job) -> None:
        with suppress(JobExists), job_context(entry.fid, entry.traceparent):
            self._jobs.insert(entry)
            log.info("a video of a playlist", batch_id=entry.batch and entry.batch.batch_id)
            self._steps.announce(MP3_QUEUE if entry.failure else LINK_QUEUE, entry)
