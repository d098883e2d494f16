"""Putting files into the cache, and sharing those that are there, so that none is lost meanwhile.

Whoever deletes a file takes its name away first, then asks whether a job or the cache has another,
then deletes. So whoever shares a file names it in his job, then looks whether the cache still has
it: if so, it was named all the time. And whoever puts one in has it named by the cache, then sees
that his job named it until then, and lets others find it only after that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.fetch_moves import naming
from chassis.jobs import Job
from chassis.media_cache import CachedContent, CachedLink, MediaCache
from chassis.moves import Attempt
from chassis.ports import StoredMedia
from chassis.steps import Steps
from fetcher.ports import Stopped


@dataclass(frozen=True, slots=True)
class Files:
    """Where a job's video is stored, and its picture if it has one."""

    video_fid: str
    picture_fid: str | None = None


class Keeping:
    """The cache's files for one attempt at a time. Its methods raise StoreUnavailable.

    They raise Stopped where the job went to another: then nothing of it is in the cache.
    """

    def __init__(self, cache: MediaCache, steps: Steps, clock: Callable[[], datetime]) -> None:
        self._cache = cache
        self._steps = steps
        self._clock = clock

    def has(self, known: CachedLink) -> bool:
        """Whether the files that the link led to are there, as far as can be seen from here."""
        return all(self._cache.content(sha256) for sha256 in known.contents)

    def shared(self, job: Job, attempt: Attempt, known: CachedLink) -> Files | None:
        """The files that the link led to, shared by the job; None where one is not there."""
        contents = [self._cache.content(sha256) for sha256 in known.contents]
        there = [content for content in contents if content]
        if len(there) < len(contents):
            return None
        self._name(job, attempt, there)
        if not all(map(self._still_has, there)):
            return None
        return Files(*(content.video_fid for content in there))

    def kept(self, job: Job, attempt: Attempt, stored: Sequence[StoredMedia]) -> Files:
        """The files for what the job has stored, its video first: those that the cache has now.

        What is not in the cache after all is the job's own.
        """
        now = self._clock()
        own = [CachedContent(file.sha256, file.size, file.media_id, now, now) for file in stored]
        kept = [self._cache.keep(content) for content in own]
        try:
            self._name(job, attempt, [content for content in kept if content not in own])
        except Stopped:
            for content in own:
                self._cache.remove(content)
            raise
        return Files(*map(self._settled, own, kept))

    def _settled(self, own: CachedContent, kept: CachedContent) -> str:
        """The file to be used, where `kept` is what the cache had for `own`."""
        if kept.video_fid == own.video_fid:
            self._cache.confirm(own)
            return own.video_fid
        return kept.video_fid if self._still_has(kept) else own.video_fid

    def _name(self, job: Job, attempt: Attempt, contents: Sequence[CachedContent]) -> None:
        files = [content.video_fid for content in contents]
        if self._steps.moved(job.fid, naming, attempt=attempt, files=files) is None:
            raise Stopped

    def _still_has(self, content: CachedContent) -> bool:
        found = self._cache.used(content.sha256, self._clock())
        return found is not None and found.video_fid == content.video_fid
