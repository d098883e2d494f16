"""What sites said, and how long it is believed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chassis.errors import Permanent
from chassis.jobs import Failure
from chassis.media_cache import AskedSite, CachedLink, MediaCache
from chassis.sources import Link, Source
from fetcher.ports import Brought

THERE_IS_NO_VIDEO: Final = frozenset({"video_unavailable"})
"""The codes of failures that say that a video does not exist."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a link led to, without asking its site again (`fresh`) and at all (`link`).

    And that a site has a video (`exists`), or that it does not (`missing`).
    """

    fresh: timedelta
    link: timedelta
    exists: timedelta
    missing: timedelta


class Sites:
    """What sites said of links, as the cache has it. Every method raises StoreUnavailable."""

    def __init__(self, cache: MediaCache, memory: Memory, clock: Callable[[], datetime]) -> None:
        self._cache = cache
        self._memory = memory
        self._clock = clock

    def known(self, link: Link) -> CachedLink | None:
        """What came by `link` when its site was asked last; raises Permanent if there is no video.

        That is what the site said before: it is not asked again until its time is over.
        """
        asked = self._cache.asked(link.key)
        if asked and asked.failure:
            raise Permanent(asked.failure.code, asked.failure.detail)
        return self._cache.link(link.fetch_key)

    def is_fresh(self, known: CachedLink) -> bool:
        """Whether it is believed without asking."""
        return self._clock() < known.checked_at + self._memory.fresh

    @contextmanager
    def heard(self, link: Link) -> Iterator[None]:
        """Meanwhile a site is asked: that it has no video is written down."""
        try:
            yield
        except Permanent as error:
            if error.code in THERE_IS_NO_VIDEO:
                self._cache.remember_asked(
                    AskedSite(
                        link.key,
                        self._clock() + self._memory.missing,
                        Failure(error.code, error.detail),
                    )
                )
                self._cache.forget_link(link.fetch_key)
            raise

    def renew(self, known: CachedLink) -> CachedLink:
        """The site still has what came before."""
        now = self._clock()
        renewed = replace(known, checked_at=now, expires_at=now + self._memory.link)
        self._cache.remember_link(renewed)
        return renewed

    def remember(self, link: Link, came: Brought, source: Source) -> None:
        """Write down what came by `link`: `source`, which is stored whole."""
        assert source.sha256 is not None
        assert source.size is not None
        now = self._clock()
        self._cache.remember_link(
            CachedLink(
                fetch_key=link.fetch_key,
                url=link.url,
                sha256=source.sha256,
                size=source.size,
                name=source.name,
                content_type=came.content_type,
                checked_at=now,
                expires_at=now + self._memory.link,
                metadata=source.metadata,
                etag=came.etag,
                last_modified=came.last_modified,
                version=came.version,
            )
        )
        title = source.metadata.title if source.metadata else None
        self._cache.remember_asked(
            AskedSite(link.key, now + self._memory.exists, title=title or source.name)
        )
