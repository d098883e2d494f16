"""What a request asks to be brought in by link: one video, several, or a playlist."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chassis.options import ConversionOptions, Cover
from gateway import link_refusals

_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")
_CHECKSUM: Final = "sha256"


class Way(StrEnum):
    """The field that holds the links."""

    VIDEO = "video_url"
    VIDEOS = "video_urls"
    PLAYLIST = "playlist_url"


LISTS: Final = frozenset({Way.VIDEOS, "urls"})
"""Fields that hold several links."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The links as they were sent, one unless `way` is VIDEOS; `sha256` (hex) of what has to come.

    Whether a link can be one is not known yet.
    """

    way: Way
    urls: tuple[str, ...]
    options: ConversionOptions
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class AskedMedia:
    """Files to be fetched: `is_list`, whether several were asked for, were it a list of one."""

    urls: tuple[str, ...]
    sha256: str | None = None
    is_list: bool = False


def asked_by(written: Mapping[str, object], max_entries: int) -> Asked:
    """What these fields of a request ask for; raises Refusal, InvalidOption and InvalidUrl."""
    ways = [way for way in Way if written.get(way) is not None]
    if len(ways) != 1:
        raise link_refusals.link_required()
    way = ways[0]
    urls = _urls(way, written[way], max_entries)
    options = {name: written[name] for name in written if name not in (*Way, _CHECKSUM)}
    return Asked(
        way, urls, ConversionOptions.parse(options), _checksum(written, one=way is Way.VIDEO)
    )


def asked_media(written: Mapping[str, object], max_entries: int) -> AskedMedia:
    """The files that these fields of a request ask for; raises Refusal and InvalidUrl."""
    names = [name for name in ("url", "urls") if written.get(name) is not None]
    if len(names) != 1:
        raise link_refusals.media_link_required()
    [name] = names
    urls = _urls(name, written[name], max_entries)
    is_list = name in LISTS
    return AskedMedia(urls, _checksum(written, one=not is_list), is_list)


def needs_pixels(options: ConversionOptions) -> bool:
    """Whether an MP3 with these options needs more of a video than the sound its site offers.

    That is: its pictures, or the other tracks of the whole file.
    """
    from_video = options.cover not in (None, Cover.ATTACHED, Cover.NONE)
    return from_video or options.audio_track is not None


def _urls(name: str, value: object, max_entries: int) -> tuple[str, ...]:
    listed = value if name in LISTS and isinstance(value, list) else [value]
    if len(listed) > max_entries:
        raise link_refusals.too_many_entries(max_entries)
    urls = tuple(url for url in listed if isinstance(url, str))
    if len(urls) < len(listed):
        raise link_refusals.not_a_link(name)
    if not urls:
        raise link_refusals.nothing_listed(name)
    return urls


def _checksum(written: Mapping[str, object], *, one: bool) -> str | None:
    value = written.get(_CHECKSUM)
    if value is None:
        return None
    if not one:
        raise link_refusals.checksum_for_one()
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise link_refusals.invalid_checksum()
    return value.lower()
