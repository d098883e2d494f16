"""The addresses of YouTube's videos and playlists: many for each, and one key."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote

from chassis.errors import InvalidUrl

HOST: Final = "www.youtube.com"

_HOSTS: Final = frozenset(
    prefix + domain
    for domain in ("youtube.com", "youtube-nocookie.com", "youtubekids.com")
    for prefix in ("", "www.", "m.", "music.")
)
_SHORT_HOSTS: Final = frozenset({"youtu.be", "www.youtu.be"})
_WATCH: Final = frozenset({"watch", "watch_popup"})
_WITH_ID: Final = frozenset({"watch", "shorts", "live", "embed", "v", "e"})
_WITHOUT_VIDEO: Final = frozenset({"videoseries", "live_stream"})  # where /embed/ID has its ID
_VIDEO_ID: Final = re.compile(r"[A-Za-z0-9_-]{11}")
_PLAYLIST_ID: Final = re.compile(r"[A-Za-z0-9_-]{12,64}|WL|LL|LM|RDMM")
_MOST_PARAMETERS: Final = 100


@dataclass(frozen=True, slots=True)
class YouTubeLink:
    """A video, or a playlist: its page's address on `host`, and its key."""

    url: str
    key: str
    is_playlist: bool = False
    host: str = HOST


def youtube_link(host: str, path: str, query: str) -> YouTubeLink | None:
    """The video or playlist there; None where it is neither one of YouTube's nor said to be one.

    A video in a list is the video. Raises InvalidUrl for the address of a video or a playlist
    whose id cannot be one.
    """
    segments = [segment for segment in unquote(path).split("/") if segment]
    if host in _SHORT_HOSTS:
        return _video(segments[0] if segments else "")
    return _on_its_site(segments, _parameters(query)) if host in _HOSTS else None


def _on_its_site(segments: list[str], parameters: dict[str, str]) -> YouTubeLink | None:
    first, second, *_ = *segments, "", ""
    if first in _WATCH and not second:
        if "v" not in parameters and "list" in parameters:
            return _playlist(parameters["list"])
        return _video(parameters.get("v", ""))
    if first == "playlist" or (first == "embed" and second == "videoseries"):
        return _playlist(parameters.get("list", ""))
    if first in _WITH_ID and second not in _WITHOUT_VIDEO:
        return _video(second)
    return None


def _parameters(query: str) -> dict[str, str]:
    """The parameters, the first of each name."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise InvalidUrl from error
    return dict(reversed(pairs))


def _video(video_id: str) -> YouTubeLink:
    if not _VIDEO_ID.fullmatch(video_id):
        raise InvalidUrl("This is not the address of a YouTube video.")
    return YouTubeLink(f"https://{HOST}/watch?v={video_id}", f"youtube:{video_id}")


def _playlist(list_id: str) -> YouTubeLink:
    if not _PLAYLIST_ID.fullmatch(list_id):
        raise InvalidUrl("This is not the address of a YouTube playlist.")
    url = f"https://{HOST}/playlist?list={list_id}"
    return YouTubeLink(url, f"youtube:list:{list_id}", is_playlist=True)
