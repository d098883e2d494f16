"""The cache of what links led to, in memory; see chassis.fakes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import RLock

from chassis.jobs import now_utc
from chassis.media_cache import AskedSite, CachedContent, CachedLink


class FakeMediaCache:
    """The cache in dictionaries."""

    def __init__(self, clock: Callable[[], datetime] = now_utc) -> None:
        self._clock = clock
        self._links: dict[str, CachedLink] = {}
        self._asked: dict[str, AskedSite] = {}
        self._contents: dict[str, CachedContent] = {}
        self._confirmed: set[str] = set()
        self._lock = RLock()

    def link(self, fetch_key: str) -> CachedLink | None:
        """See MediaCache."""
        found = self._links.get(fetch_key)
        return found if found and found.expires_at > self._clock() else None

    def remember_link(self, link: CachedLink) -> None:
        """See MediaCache."""
        self._links[link.fetch_key] = link

    def forget_link(self, fetch_key: str) -> None:
        """See MediaCache."""
        self._links.pop(fetch_key, None)

    def content(self, sha256: str) -> CachedContent | None:
        """See MediaCache."""
        found = self._contents.get(sha256)
        return found if found and found.video_fid in self._confirmed else None

    def keep(self, content: CachedContent) -> CachedContent:
        """See MediaCache."""
        with self._lock:
            there = self.used(content.sha256, content.used_at)
            if there is None:
                self._contents[content.sha256] = content
            return there or content

    def confirm(self, content: CachedContent) -> bool:
        """See MediaCache."""
        with self._lock:
            found = self._contents.get(content.sha256)
            kept = found is not None and found.video_fid == content.video_fid
            if kept:
                self._confirmed.add(content.video_fid)
            return kept

    def used(self, sha256: str, now: datetime) -> CachedContent | None:
        """See MediaCache."""
        with self._lock:
            found = self.content(sha256)
            if found is None:
                return None
            self._contents[sha256] = replace(found, used_at=max(found.used_at, now))
            return self._contents[sha256]

    def remove(self, content: CachedContent) -> bool:
        """See MediaCache."""
        with self._lock:
            found = self._contents.get(content.sha256)
            unused = found is not None and (found.video_fid, found.used_at) == (
                content.video_fid,
                content.used_at,
            )
            if unused:
                del self._contents[content.sha256]
                self._confirmed.discard(content.video_fid)
            return unused

    def total_bytes(self) -> int:
        """See MediaCache."""
        return sum(content.size for content in self._contents.values())

    def least_recently_used(self, limit: int) -> list[CachedContent]:
        """See MediaCache."""
        return sorted(self._contents.values(), key=lambda content: content.used_at)[:limit]

    def asked(self, key: str) -> AskedSite | None:
        """See MediaCache."""
        found = self._asked.get(key)
        return found if found and found.expires_at > self._clock() else None

    def remember_asked(self, asked: AskedSite) -> None:
        """See MediaCache."""
        self._asked[asked.key] = asked

    def named_files(self) -> set[str]:
        """The files that the cache names."""
        return {content.video_fid for content in self._contents.values()}
