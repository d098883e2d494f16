"""Where the parts of a sound begin that has chapters: one after the other, and nothing between.

What stands before the first chapter belongs to the first part; what stands between two, or after
the last, to the one before it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from converter.chapters import Chapter, clip
from converter.conversion import MAX_PARTS
from converter.cutting import Span

MOST_TITLE: Final = 100

TOO_MANY: Final = (
    f"There are more than {MAX_PARTS} chapters: the last MP3 has all from the {MAX_PARTS}th on."
)


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A part of the sound: its samples from `start` to `stop` (None: to the end)."""

    title: str
    start: int
    stop: int | None


def within(chapters: Sequence[Chapter], span: Span) -> Iterable[Chapter]:
    """What of `chapters` lies in `span`, each up to the next one; times are from its start on."""
    ends = [*(chapter.start for chapter in chapters), math.inf][1:]
    stretched = (replace(chapter, end=end) for chapter, end in zip(chapters, ends, strict=False))
    return clip(stretched, span)


def plan_parts(
    chapters: Iterable[Chapter], sample_rate: int, seconds: float | None, whole_title: str
) -> list[PlannedPart]:
    """The parts of a sound with `chapters`, which are in order; at least one, and all of them.

    The sound is `seconds` long, if anybody knows: what begins behind its end is left out, and so is
    what has no length. Without chapters there is one part, called as the whole is.
    """
    stop = None if seconds is None else round(seconds * sample_rate)
    titles: dict[int, str] = {}
    for chapter in chapters:
        start = max(0, round(chapter.start * sample_rate))
        if not titles:
            start = 0
        if not start or stop is None or start < stop:
            titles.setdefault(start, chapter.title)
    starts = sorted(titles)
    if not starts:
        return [PlannedPart(_short(whole_title), 0, None)]
    return [
        PlannedPart(_short(titles[start]) or f"Chapter {number}", start, stop)
        for number, (start, stop) in enumerate(
            zip(starts, [*starts[1:], None], strict=True), start=1
        )
    ]


def first_parts(planned: Sequence[PlannedPart]) -> tuple[list[PlannedPart], tuple[str, ...]]:
    """The first MAX_PARTS of them, the last up to the end; and what the owner is to know of it."""
    if len(planned) <= MAX_PARTS:
        return list(planned), ()
    return [*planned[: MAX_PARTS - 1], replace(planned[MAX_PARTS - 1], stop=None)], (TOO_MANY,)


def _short(title: str) -> str:
    return title[:MOST_TITLE].strip()
