"""Chapters in ID3v2.3: CHAP and CTOC, of "ID3v2 Chapter Frame Addendum" (id3.org, 2005)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from mutagen import id3

from converter.chapters import Chapter
from converter.id3_text import text_encoding

_CONTENTS: Final = "toc"
_NO_OFFSET: Final = 0xFFFFFFFF  # the times count, not places in the file
_LAST_MS: Final = _NO_OFFSET - 1


def chapter_frames(chapters: Sequence[Chapter]) -> Iterator[Any]:
    """Mutagen's frames for `chapters`, at most 255: one for each, and the table of contents."""
    if not chapters:
        return
    names = [f"chp{number}" for number in range(len(chapters))]
    for name, chapter in zip(names, chapters, strict=True):
        title = chapter.title
        yield id3.CHAP(
            element_id=name,
            start_time=_milliseconds(chapter.start),
            end_time=_milliseconds(chapter.end),
            start_offset=_NO_OFFSET,
            end_offset=_NO_OFFSET,
            sub_frames=[id3.TIT2(encoding=text_encoding(title), text=[title])] if title else [],
        )
    yield id3.CTOC(
        element_id=_CONTENTS,
        flags=id3.CTOCFlags.TOP_LEVEL | id3.CTOCFlags.ORDERED,
        child_element_ids=names,
        sub_frames=[],
    )


def _milliseconds(seconds: float) -> int:
    return round(1000 * min(seconds, _LAST_MS / 1000))
