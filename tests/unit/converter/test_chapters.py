"""Which chapters there are in a part of the sound."""

import io
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import ID3, CTOCFlags

from converter.chapters import Chapter, clip, one_after_another
from converter.cutting import Span
from converter.id3 import Id3
from converter.labels import Labels
from converter.tags import Tags

ONE, TWO, THREE = Chapter(0, 10, "1"), Chapter(10, 20, "2"), Chapter(20, 30, "3")
TIMES = st.floats(-1e12, 1e12)


def test_chapters_outside_are_dropped_and_others_clipped() -> None:
    """Times are those in the part that is taken."""
    assert list(clip([ONE, TWO, THREE], Span(5, 15))) == [
        Chapter(0, 5, "1"),
        Chapter(5, 10, "2"),
    ]
    assert list(clip([ONE, TWO, THREE], Span(10))) == [Chapter(0, 10, "2"), Chapter(10, 20, "3")]
    assert list(clip([ONE, TWO, THREE], Span(30, 40))) == []


def test_the_chapters_of_two_editions_are_those_of_the_first() -> None:
    """The same chapter twice is one; what reaches over the next one ends there."""
    again = [Chapter(0, 30, "all"), Chapter(10, 20, "two")]
    assert list(one_after_another([ONE, TWO, THREE, *again])) == [ONE, TWO, THREE]
    assert list(one_after_another([Chapter(5, 99, "b"), Chapter(0, 99, "a")])) == [
        Chapter(0, 5, "a"),
        Chapter(5, 99, "b"),
    ]


def test_a_chapter_without_an_end_lasts_up_to_the_next() -> None:
    """And the last one up to the end of the sound, wherever that is."""
    assert list(one_after_another([Chapter(0, 0, "a"), Chapter(7, 3, "b")])) == [
        Chapter(0, 7, "a"),
        Chapter(7, math.inf, "b"),
    ]


@pytest.mark.parametrize(("count", "tables"), [(255, 0), (256, 2), (1000, 4), (5000, 20)])
def test_many_chapters_have_a_table_of_tables(count: int, tables: int) -> None:
    """None holds more than its count can say; read in their order they name every chapter."""
    made = tuple(Chapter(n, n + 1, f"第{n}章") for n in range(count))
    tag = Id3(Labels(Tags(), made)).start
    found = ID3(io.BytesIO(tag + bytes(1000)))
    contents = {frame.element_id: frame for frame in found.getall("CTOC")}
    assert len(contents) == 1 + tables
    assert [name for name in contents if contents[name].flags & CTOCFlags.TOP_LEVEL] == ["toc"]
    assert all(frame.flags & CTOCFlags.ORDERED for frame in contents.values())
    assert all(len(frame.child_element_ids) <= 255 for frame in contents.values())
    named = contents["toc"].child_element_ids
    if tables:
        named = [child for name in named for child in contents[name].child_element_ids]
    chapters = {frame.element_id: frame for frame in found.getall("CHAP")}
    titles = [str(chapters[name].sub_frames["TIT2"]) for name in named]
    assert titles == [chapter.title for chapter in made]


@given(
    st.lists(st.builds(Chapter, TIMES, TIMES, st.just("x"))), st.floats(0, 1e6), st.floats(0, 1e6)
)
def test_whatever_a_file_says(found: list[Chapter], start: float, length: float) -> None:
    """Chapters lie in the part, in order, none over another, none empty."""
    kept = list(clip(one_after_another(found), Span(start, start + length)))
    for chapter in kept:
        assert 0 <= chapter.start < chapter.end <= length + 1e-6
    for before, after in itertools.pairwise(kept):
        assert before.end <= after.start


def test_the_end_of_the_sound_ends_the_last_chapter() -> None:
    """Once its length is known, the tag says so, in as many bytes."""
    tag = Id3(Labels(Tags(title="x"), (ONE, TWO, Chapter(20, math.inf, "3"))))
    for seconds, ends in ((25.5, [10000, 20000, 25500]), (15.0, [10000, 15000]), (0.0, [])):
        finished = tag.finished(seconds)
        assert len(finished) == len(tag.start)
        read = ID3(io.BytesIO(finished + bytes(1000)))
        assert [chapter.end_time for chapter in read.getall("CHAP")] == ends
        named = [contents.child_element_ids for contents in read.getall("CTOC")]
        assert named == ([[f"chp{n}" for n in range(len(ends))]] if ends else [])
