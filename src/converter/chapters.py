"""The chapters of a video, as they lie in the part of its sound that is taken."""

import itertools
import math
from dataclasses import dataclass
from typing import Final

from converter.cutting import Span
from converter.media import Media
from converter.tags import clean

MAX_CHAPTERS: Final = 255


@dataclass(frozen=True, slots=True)
class Chapter:
    """From `start` to before `end`, in seconds of the MP3; `title` is empty if it has none."""

    start: float
    end: float
    title: str


def read_chapters(media: Media, span: Span) -> tuple[Chapter, ...]:
    """The chapters within `span`, in order, at most MAX_CHAPTERS."""
    starts: dict[float, str] = {}
    for told in media.container.chapters():
        start = float(told["start"] * (told["time_base"] or 0))
        starts.setdefault(start, clean(dict(told["metadata"]).get("title", "")))
    stop = math.inf if span.end is None else span.end
    ordered = sorted(starts)
    found = (
        Chapter(max(start, span.start) - span.start, min(end, stop) - span.start, starts[start])
        for start, end in itertools.zip_longest(ordered, ordered[1:], fillvalue=math.inf)
        if end > span.start and start < stop
    )
    return tuple(itertools.islice(found, MAX_CHAPTERS))
