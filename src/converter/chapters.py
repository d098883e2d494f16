"""The chapters of a video, as they lie in the part of its sound that is taken."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from chassis import sources
from converter.cutting import Span
from converter.media import Media
from converter.site import Site
from converter.tags import clean

MAX_CHAPTERS: Final = 5000
"""As many as the tag of one MP3 is to hold: 6 MB, if their titles are as long as can be."""

TOO_MANY: Final = (
    f"The source has more than {MAX_CHAPTERS} chapters: only the first are in the MP3."
)

_SHORTEST: Final = 0.001  # in seconds: what ID3v2 can tell apart


@dataclass(frozen=True, slots=True)
class Chapter:
    """From `start` to before `end`, in seconds of the MP3; `title` is empty if it has none."""

    start: float
    end: float
    title: str


def choose_chapters(media: Media, site: Site | None, span: Span) -> tuple[Chapter, ...]:
    """The chapters within `span`, clipped to it, in order, none of them over another.

    They are those that the `site` of the file's link tells of, or else the file's own. At most one
    more than MAX_CHAPTERS; the last may end behind the sound, or nowhere (math.inf).
    """
    told = of_site(site.metadata.chapters, media.sound_delay) if site else []
    found = told or _of_file(media)
    kept = itertools.islice(clip(one_after_another(found), span), MAX_CHAPTERS + 1)
    return tuple(replace(chapter, title=clean(chapter.title)) for chapter in kept)


def of_site(told: Iterable[sources.Chapter], sound_delay: float) -> list[Chapter]:
    """What a site tells of a video whose sound begins so many seconds late: starts alone."""
    return [
        Chapter(chapter.start - sound_delay, math.inf, chapter.title)
        for chapter in told
        if math.isfinite(chapter.start)
    ]


def _of_file(media: Media) -> list[Chapter]:
    first = media.sound_start
    found = []
    for told in media.container.chapters():
        unit = float(told["time_base"] or 0)
        start, end = told["start"] * unit - first, told["end"] * unit - first
        found.append(Chapter(start, end, told["metadata"].get("title", "")))
    return found


def clip(chapters: Iterable[Chapter], span: Span) -> Iterable[Chapter]:
    """What of `chapters` lies in `span`, with times from the start of the span on."""
    stop = math.inf if span.end is None else span.end
    for chapter in chapters:
        start, end = max(chapter.start, span.start), min(chapter.end, stop)
        if end - start >= _SHORTEST:
            yield Chapter(start - span.start, end - span.start, chapter.title)


def one_after_another(chapters: Iterable[Chapter]) -> Iterable[Chapter]:
    """By their starts, each up to the next one at most; of those that start as one, the first.

    Files with several editions name the same chapters several times.
    """
    distinct: list[Chapter] = []
    for chapter in sorted(chapters, key=lambda chapter: chapter.start):
        if not distinct or chapter.start - distinct[-1].start >= _SHORTEST:
            distinct.append(chapter)
    for chapter, following in itertools.zip_longest(distinct, distinct[1:]):
        told = chapter.end if chapter.end > chapter.start else math.inf
        yield replace(chapter, end=min(told, following.start if following else math.inf))
