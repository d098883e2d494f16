"""Files by link and checksum: out of the cache, or fetched into it.

Whoever asks for what is not there makes a job of kind MEDIA, one for each user and link, and may
wait for it. A failure is remembered for a minute, so that a site is not asked more often.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Final

import structlog

from chassis.errors import StoreUnavailable
from chassis.jobs import Job, Kind, State
from chassis.media_cache import CachedContent, CachedLink, MediaCache
from chassis.metrics import CACHE_HITS, CACHE_SAVED_BYTES
from chassis.ports import JobExists
from chassis.sources import Link
from gateway import link_refusals, refusals
from gateway.link_jobs import LinkJobs, Sender
from gateway.reception import Desk
from gateway.refusals import MadeRoom

log = structlog.get_logger(__name__)

FAILURE_REMEMBERED: Final = timedelta(minutes=1)
IN_USE_SECONDS: Final = 20.0
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
_GROWTH: Final = 1.5


@dataclass(frozen=True, slots=True)
class CachedFile:
    """A file in the cache; `link` says what it was called where the link led to just this."""

    content: CachedContent
    link: CachedLink | None


class Media:
    """Gives files, fetches them, waits for them.

    `pause` waits so many seconds, and says whether to wait no longer: the process ends.
    """

    def __init__(
        self,
        desk: Desk,
        links: LinkJobs,
        cache: MediaCache,
        pause: Callable[[float], bool],
        wait_seconds: float,
    ) -> None:
        self._desk = desk
        self._links = links
        self._cache = cache
        self._pause = pause
        self._wait_seconds = wait_seconds

    def cached(self, link: Link) -> CachedFile | None:
        """What is there without asking the link's site; that counts as use.

        It is the content with the link's checksum, or, without one, what came by it not long ago.
        """
        if link.sha256 is not None:
            return self._by_checksum(link, link.sha256)
        fresh = self._links.fresh(link)
        return self._by_checksum(link, fresh.sha256) if fresh else None

    def file(self, sender: Sender, link: Link) -> CachedFile | Job:
        """The file, fetched if it has to be; or the job that fetches it, where that takes longer.

        Raises FetchFailed, Refusal, TooManyJobs and MadeRoom.
        """
        found = self.cached(link)
        if found is not None:
            CACHE_HITS.labels("fresh").inc()
            CACHE_SAVED_BYTES.inc(found.content.size)
            return found
        job = self._finished(self.fetching(sender, link))
        if job.unfinished:
            return job
        sha256 = job.source.sha256
        if job.state is State.CANCELLED:
            raise refusals.cancelled()
        if job.state is not State.READY or sha256 is None:
            raise link_refusals.fetch_failed(job.failure)
        found = self._by_checksum(link, sha256)
        if found is None:
            raise MadeRoom
        return found

    def ahead(self, sender: Sender, link: Link) -> CachedFile | Job:
        """As `file`, but nobody waits: the job is under way."""
        found = self.cached(link) or self.fetching(sender, link)
        if isinstance(found, Job) and not found.unfinished:
            raise link_refusals.fetch_failed(found.failure)
        return found

    def fetching(self, sender: Sender, link: Link) -> Job:
        """The user's job that fetches the file, a new one where none is under way.

        One that failed a moment ago is given instead. Raises Refusal and TooManyJobs.
        """
        desk, key = self._desk, _key_of(link)
        while True:
            there = desk.jobs.find_by_key(sender.username, key)
            if there is not None:
                just_failed = (
                    there.state is State.FAILED
                    and there.updated_at + FAILURE_REMEMBERED > desk.clock()
                )
                if there.unfinished or just_failed:
                    return there
                desk.jobs.update(there.fid, _without_key)
            missing = self._links.missing(link)
            if missing is not None:
                raise link_refusals.fetch_failed(missing)
            job = self._links.new_job(sender, link, kind=Kind.MEDIA, idempotency_key=key)
            try:
                desk.admission.admit(job)
            except JobExists:
                continue  # another request of the user's was faster
            return self._links.begun(job)

    def in_use(self, file: CachedFile, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """`pieces` as they are; the file counts as used for as long as they are taken.

        So it is the last to make room for others. Where it has to all the same, the connection
        breaks off: its reader never takes a part of the file for the whole.
        """
        used_at = monotonic()
        for piece in pieces:
            yield piece
            if monotonic() - used_at > IN_USE_SECONDS:
                used_at = monotonic()
                try:
                    self._cache.used(file.content.sha256, self._desk.clock())
                except StoreUnavailable:
                    log.warning("that a file is in use is not written down")

    def _by_checksum(self, link: Link, sha256: str) -> CachedFile | None:
        content = self._cache.used(sha256, self._desk.clock())
        if content is None:
            return None
        known = self._cache.link(link.fetch_key)
        return CachedFile(content, known if known and known.sha256 == sha256 else None)

    def _finished(self, job: Job) -> Job:
        """The job once it is finished, or as it is when waiting is over."""
        until = monotonic() + self._wait_seconds
        seconds = _FIRST_PAUSE
        while job.unfinished and (left := until - monotonic()) > 0:
            if self._pause(min(seconds, left)):
                break
            seconds = min(seconds * _GROWTH, _LONGEST_PAUSE)
            found = self._desk.jobs.get(job.fid)
            if found is None:
                raise refusals.cancelled()
            job = found
        return job


def _key_of(link: Link) -> str:
    """What the user's jobs of this link have as idempotency key: none that a header can have."""
    asked = f"{link.fetch_key} {link.sha256}"
    return f"media {hashlib.sha256(asked.encode()).hexdigest()}"


def _without_key(job: Job) -> Job | None:
    return None if job.unfinished else replace(job, idempotency_key=None)
