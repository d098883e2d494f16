"""What links led to, kept for a while: the cache that is addressed by checksum.

A *cached link* says what came by a link when its site was asked last. A *cached content* is a
stored file, once, however many links lead to it. Both name files in `videos`, as jobs do (see
JobStore.referenced): a file goes when neither a job nor the cache names it. Private uploads are
never in here.

An *asked site* says whether a video exists, so that a popular link asks its site once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chassis.jobs import Failure, Metadata


@dataclass(frozen=True, slots=True)
class CachedLink:
    """What came by the links with that fetch key; `sha256` (hex) names its content.

    `etag`, `last_modified` and `version` are what the site calls it, for asking whether it changed:
    the first two are HTTP's validators (RFC 9110, section 8.8) of a direct link, the last is what
    an extractor says of a format. `checked_at` is when the site said so; `expires_at` when the link
    is forgotten.
    """

    fetch_key: str
    url: str
    sha256: str
    size: int
    name: str
    content_type: str
    checked_at: datetime
    expires_at: datetime
    metadata: Metadata | None = None
    picture_fid: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class CachedContent:
    """A stored file: size in bytes, `sha256` in hex; when it was stored, and used last."""

    sha256: str
    size: int
    video_fid: str
    stored_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class AskedSite:
    """What a site said of a video: `failure` says why there is none; `title` where there is one.

    It is believed until `expires_at`.
    """

    key: str
    expires_at: datetime
    failure: Failure | None = None
    title: str | None = None


class MediaCache(Protocol):
    """The cache; every method may raise StoreUnavailable."""

    def link(self, fetch_key: str) -> CachedLink | None:
        """What is known of the links with that key; None once its time is over."""

    def remember_link(self, link: CachedLink) -> None:
        """Write down what came by a link, in place of what was known before."""

    def forget_link(self, fetch_key: str) -> None:
        """It is not believed any more; nothing there is no error."""

    def content(self, sha256: str) -> CachedContent | None:
        """The stored file with exactly that content, or None."""

    def keep(self, content: CachedContent) -> CachedContent:
        """Take a stored file in; the one that is there already where its content is not new.

        The caller's job has to name the file until this has returned.
        """

    def used(self, sha256: str, now: datetime) -> CachedContent | None:
        """As `content`, and it counts as used now."""

    def remove(self, content: CachedContent) -> bool:
        """Let go of a file unless it was used since it was read; whether it was let go.

        Its file is then to be deleted by chassis.references.delete_unnamed.
        """

    def total_bytes(self) -> int:
        """The size of all that is in the cache."""

    def least_recently_used(self, limit: int) -> list[CachedContent]:
        """Contents, those used longest ago first."""

    def asked(self, key: str) -> AskedSite | None:
        """What a site said of the links with that `Link.key`; None where it is to be asked."""

    def remember_asked(self, asked: AskedSite) -> None:
        """Write down what a site said, in place of what it said before."""
