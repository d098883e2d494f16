"""What bringing something in by a link asks for and gives, whichever way it is brought."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chassis.media_cache import CachedLink
from chassis.sources import Link, Metadata


class Stopped(Exception):
    """The fetch was told to stop: nothing is wrong with the link."""


class Sink(Protocol):
    """Where the bytes go, in their order."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes; raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What came: all its bytes have gone into the sink.

    `name` is that of the file, or what its site calls the video; `picture` is a JPEG or PNG, if
    there is one. The rest is as in chassis.media_cache.CachedLink.
    """

    name: str
    content_type: str
    metadata: Metadata | None = None
    picture: bytes | None = None
    etag: str | None = None
    last_modified: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The site says that it has still what came before: nothing was written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One video of a playlist, with its title where that is known."""

    url: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist's title, and its entries in their order, up to the limit."""

    title: str | None
    entries: tuple[Entry, ...]


class Bringer(Protocol):
    """Brings in what links lead to, through the guard.

    Both methods raise Permanent (the link, or what it leads to, is at fault), Retryable (its site
    or the network is), or Stopped soon after `should_stop` says so, which is asked a few times a
    second, also from other threads. Errors of the sink are raised as they are.
    """

    def bring(
        self,
        link: Link,
        known: CachedLink | None,
        open_sink: Callable[[str, str], Sink],
        *,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Brought | Unchanged:
        """Bring the video in, with a sink that is opened once, for its name and content type.

        Where `known` is given, the site is asked first whether it still has that. `on_progress`
        gets how much has come, from 0 to 1, for each piece, where the site says how much it is.
        """

    def entries(self, url: str, limit: int, *, should_stop: Callable[[], bool]) -> Playlist:
        """Those of the first `limit` entries of the playlist at `url` that can be had.

        Whether their addresses are allowed is not judged yet.
        """
