"""Chapters in ID3v2.3: CHAP and CTOC, of "ID3v2 Chapter Frame Addendum 1.0" (id3.org, 2005)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from mutagen import id3

from converter.chapters import Chapter
from converter.id3_text import text_encoding

_CONTENTS: Final = "toc"
_MOST_ENTRIES: Final = 255  # of one table of contents, which counts them in a byte
_NO_OFFSET: Final = 0xFFFFFFFF  # the times count, not places in the file
_LAST_MS: Final = _NO_OFFSET - 1


def chapter_frames(chapters: Sequence[Chapter]) -> Iterator[Any]:
    """Mutagen's frames for `chapters`, at most 255 * 255: one for each, and what lists them.

    That is one table of contents, or one of tables where it would be too long.
    """
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
    if len(names) <= _MOST_ENTRIES:
        yield _table(_CONTENTS, names, id3.CTOCFlags.TOP_LEVEL)
        return
    starts = range(0, len(names), _MOST_ENTRIES)
    tables = {f"{_CONTENTS}{start}": names[start : start + _MOST_ENTRIES] for start in starts}
    yield _table(_CONTENTS, list(tables), id3.CTOCFlags.TOP_LEVEL)
    for name, entries in tables.items():
        yield _table(name, entries)


def _table(name: str, entries: Sequence[str], flags: int = 0) -> Any:
    return id3.CTOC(
        element_id=name,
        flags=flags | id3.CTOCFlags.ORDERED,
        child_element_ids=list(entries),
        sub_frames=[],
    )


def _milliseconds(seconds: float) -> int:
    return round(1000 * min(seconds, _LAST_MS / 1000))
