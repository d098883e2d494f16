"""What links led to, kept for a while: the cache that is addressed by checksum.

A *cached link* says what came by a link when its site was asked last. A *cached content* is a
stored file, a video or its picture, once, however many links lead to it. It names a file in
`videos`, as jobs do (see JobStore.referenced): a file goes when neither a job nor the cache names
it. Private uploads are never in here.

A file gets in here in three steps: a job names it, the cache names it (`keep`), the job is seen to
have named it until then, so that it cannot have been deleted meanwhile; only then do others find it
(`confirm`). Whoever shares it names it in his job first, and looks then whether it still is here.

An *asked site* says whether a video exists, so that a popular link asks its site once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chassis.jobs import Failure
from chassis.sources import Metadata


@dataclass(frozen=True, slots=True)
class CachedLink:
    """What came by the links with that fetch key; `sha256` (hex) names its content.

    The picture's content is the one that `metadata.picture_sha256` names.

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
    etag: str | None = None
    last_modified: str | None = None
    version: str | None = None

    @property
    def contents(self) -> tuple[str, ...]:
        """The hashes of the video, and of its picture if it has one."""
        picture = self.metadata.picture_sha256 if self.metadata else None
        return (self.sha256, picture) if picture else (self.sha256,)


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
        """Name a stored file; or the one that others find already, which counts as used then.

        Nobody finds it before `confirm`; until then another file of that content may replace it.
        """

    def confirm(self, content: CachedContent) -> bool:
        """Let others find the file, if it still is kept; whether they do.

        The caller's job has named it without a break until `keep` had returned.
        """

    def used(self, sha256: str, now: datetime) -> CachedContent | None:
        """As `content`, and it counts as used now."""

    def remove(self, content: CachedContent) -> bool:
        """Let go of a file unless it was used since it was read; whether it was let go.

        That may be one that is not confirmed. Its file is then to be deleted by
        chassis.references.delete_unnamed.
        """

    def total_bytes(self) -> int:
        """The size of all that is in the cache."""

    def least_recently_used(self, limit: int) -> list[CachedContent]:
        """Contents, those used longest ago first; also those that are not confirmed."""

    def asked(self, key: str) -> AskedSite | None:
        """What a site said of the links with that `Link.key`; None where it is to be asked."""

    def remember_asked(self, asked: AskedSite) -> None:
        """Write down what a site said, in place of what it said before."""
