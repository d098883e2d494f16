"""Which of a video's formats is brought in.

yt-dlp orders formats from the worst to the best. A codec is "none" where there is no such stream,
and missing where nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from fetcher.ytdlp_reading import Facts, dictionaries, number, text

_NONE: Final = "none"
_MANY: Final = float("inf")


class Way(Enum):
    """How the bytes of a format come."""

    FILE = "file"
    FRAGMENTS = "fragments"


_WAYS: Final = {
    "http": Way.FILE,
    "https": Way.FILE,
    "m3u8": Way.FRAGMENTS,
    "m3u8_native": Way.FRAGMENTS,
    "http_dash_segments": Way.FRAGMENTS,
}


@dataclass(frozen=True, slots=True)
class Format:
    """One format: `facts` is what yt-dlp says of it, `size` its exact size in bytes if known."""

    facts: Facts
    way: Way
    has_pixels: bool
    size: int | None

    @property
    def range_bytes(self) -> int | None:
        """The site gives it in ranges of that size, in bytes."""
        options = self.facts.get("downloader_options")
        size = number(options, "http_chunk_size") if isinstance(options, dict) else None
        return int(size) if size and size >= 1 else None

    @property
    def estimated_size(self) -> float | None:
        """About how many bytes it has, where the site says something of that."""
        return self.size or number(self.facts, "filesize_approx")


def all_formats(facts: Facts) -> list[Facts]:
    """What yt-dlp lists, the best last; a video without a list is its own format."""
    listed = dictionaries(facts, "formats")
    return listed or ([facts] if isinstance(facts.get("url"), str) else [])


def has_sound(facts: Facts) -> bool:
    """Whether a format may have sound."""
    return facts.get("acodec") != _NONE


def has_pixels(facts: Facts) -> bool:
    """Whether a format may have pictures."""
    return facts.get("vcodec") != _NONE


def usable(formats: Sequence[Facts]) -> list[Format]:
    """Those with sound that can be brought in here."""
    return [
        Format(found, way, has_pixels(found), _size(found))
        for found in formats
        if isinstance(found.get("url"), str)
        and has_sound(found)
        and not is_protected(found)
        and (way := _way(found))
    ]


def choose(formats: Sequence[Format], *, pixels: bool) -> Format | None:
    """The best sound alone, where it is there; else the best with as few pixels as can be.

    With `pixels` the smallest that has both, where there is one. None: no format at all.
    """
    alone = [found for found in formats if not found.has_pixels]
    both = [found for found in formats if found.has_pixels]
    if pixels and both:
        return min(both, key=_weight)
    if alone:
        return alone[-1]
    if not both:
        return None
    best = max(_sound_bitrate(found) for found in both)
    if not best:
        return both[-1]
    return min((found for found in both if _sound_bitrate(found) == best), key=_weight)


def _way(facts: Facts) -> Way | None:
    protocol = text(facts, "protocol") or (text(facts, "url") or "").partition(":")[0]
    if protocol == "http_dash_segments" and not dictionaries(facts, "fragments"):
        return None
    return _WAYS.get(protocol)


def is_protected(facts: Facts) -> bool:
    """Whether a format cannot be read without a key that only the site's player has."""
    return facts.get("has_drm") not in (None, False, "maybe")


def _size(facts: Facts) -> int | None:
    size = number(facts, "filesize")
    return int(size) if size and size > 0 else None


def _sound_bitrate(found: Format) -> float:
    return number(found.facts, "abr") or 0.0


def _weight(found: Format) -> tuple[float, float]:
    """How much there is to bring in: by lines of the picture, then by bitrate."""
    return number(found.facts, "height") or _MANY, number(found.facts, "tbr") or _MANY
