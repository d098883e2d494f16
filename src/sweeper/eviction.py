"""The cache of links, kept within its limits: what was used longest ago goes first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog

from chassis.jobs import now_utc
from chassis.media_cache import CachedContent, MediaCache
from chassis.ports import JobStore, MediaStore
from chassis.references import delete_unnamed
from sweeper.metrics import CACHE_BYTES, CACHE_LIMIT_BYTES, EVICTED_BYTES, EVICTIONS

log = structlog.get_logger(__name__)

BATCH: Final = 20  # files may be large, and jobs are due meanwhile
BETWEEN_BATCHES: Final = 1.0


class Reason(StrEnum):
    """Why a file goes."""

    AGE = "age"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """How many bytes the cache may hold, and how long a file may be there unused."""

    total_bytes: int
    unused: timedelta


class Eviction:
    """Lets go of what is beyond the limits. A job that names such a file keeps it until its end.

    It rests `between_rounds` seconds when all is within them, a moment otherwise.
    """

    def __init__(
        self,
        cache: MediaCache,
        jobs: JobStore,
        videos: MediaStore,
        limits: CacheLimits,
        *,
        between_rounds: float,
        batch: int = BATCH,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._cache = cache
        self._jobs = jobs
        self._videos = videos
        self._limits = limits
        self._between_rounds = between_rounds
        self._batch = batch
        self._clock = clock
        CACHE_LIMIT_BYTES.set(limits.total_bytes)

    def step(self) -> float:
        """Look at those used longest ago; after how many seconds to look again.

        Raises StoreUnavailable.
        """
        total = self._cache.total_bytes()
        CACHE_BYTES.set(total)
        oldest = self._cache.least_recently_used(self._batch)
        for content in oldest:
            reason = self._reason(content, total)
            if reason is None:
                CACHE_BYTES.set(total)
                return self._between_rounds
            if self._cache.remove(content):  # else it was used just now
                total -= content.size
                self._delete(content, reason)
        CACHE_BYTES.set(total)
        return BETWEEN_BATCHES if len(oldest) == self._batch else self._between_rounds

    def _reason(self, content: CachedContent, total: int) -> Reason | None:
        if content.used_at + self._limits.unused <= self._clock():
            return Reason.AGE
        return Reason.SIZE if total > self._limits.total_bytes else None

    def _delete(self, content: CachedContent, reason: Reason) -> None:
        EVICTIONS.labels(reason).inc()
        EVICTED_BYTES.inc(content.size)
        log.info("evicted from the cache", reason=str(reason), size=content.size)
        delete_unnamed(self._jobs, self._videos, [content.video_fid])
