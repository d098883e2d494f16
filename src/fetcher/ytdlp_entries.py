"""The entries of a playlist, by yt-dlp's flat listing of it."""

import re
from collections.abc import Iterator
from typing import Final

from fetcher.ports import Entry, Playlist
from fetcher.ytdlp_formats import Way, choose, usable
from fetcher.ytdlp_formats import all_formats as formats_of
from fetcher.ytdlp_reading import Facts, dictionaries, text

_GONE: Final = re.compile(r"\[(?:deleted|private|unavailable) video\]", re.IGNORECASE)
_HTTP: Final = ("http://", "https://")


def is_playlist(facts: Facts) -> bool:
    """Whether yt-dlp found several videos where one was asked for."""
    return text(facts, "_type") in {"playlist", "multi_video"}


def playlist_of(facts: Facts, url: str, limit: int) -> Playlist:
    """The playlist at `url`, at most `limit` entries of it, without those that are gone.

    A single video is a playlist of one.
    """
    if not is_playlist(facts):
        return Playlist(None, (Entry(url, text(facts, "title")),))
    return Playlist(text(facts, "title"), tuple(_entries(facts, url))[:limit])


def _entries(facts: Facts, url: str) -> Iterator[Entry]:
    for found in dictionaries(facts, "entries"):
        title = text(found, "title")
        private = text(found, "availability") == "private"
        address = entry_url(found, url)
        if address and not private and not (title and _GONE.fullmatch(title)):
            yield Entry(address, title)


def entry_url(found: Facts, page: str) -> str | None:
    """The address of an entry, which is not that of its `page`: that would lead here again.

    Of a video that stands on the page itself it is that of its file.
    """
    if text(found, "_type") in {"url", "url_transparent"}:
        candidates = (found.get("url"), found.get("webpage_url"))
    else:
        file = choose(
            [each for each in usable(formats_of(found)) if each.way is Way.FILE], pixels=False
        )
        candidates = (found.get("webpage_url"), file.facts.get("url") if file else None)
    for address in candidates:
        if isinstance(address, str) and address.startswith(_HTTP) and address != page:
            return address
    return None
