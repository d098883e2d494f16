"""Where the parts begin and end."""

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from converter.chapter_parts import MOST_TITLE, PlannedPart, first_parts, plan_parts
from converter.chapters import Chapter


def chapters(*starts: tuple[float, str]) -> list[Chapter]:
    return [Chapter(start, math.inf, title) for start, title in starts]


def test_parts_follow_each_other() -> None:
    """What is before the first belongs to it, what is after one to that one."""
    gap = [Chapter(2.0, 3.0, "a"), Chapter(5.0, 6.0, "b")]
    assert plan_parts(gap, 10, 9.0, "whole") == [
        PlannedPart("a", 0, 50),
        PlannedPart("b", 50, None),
    ]


def test_without_chapters_there_is_the_whole() -> None:
    """One part, called as the whole is."""
    assert plan_parts([], 10, None, "whole") == [PlannedPart("whole", 0, None)]


def test_what_begins_behind_the_end_is_left_out() -> None:
    """If anybody knows where the end is."""
    found = chapters((0.0, "a"), (9.0, "b"))
    assert [part.title for part in plan_parts(found, 10, 9.0, "whole")] == ["a"]
    assert [part.title for part in plan_parts(found, 10, None, "whole")] == ["a", "b"]


def test_a_part_without_a_title_is_numbered() -> None:
    """And a long title is cut."""
    planned = plan_parts(chapters((0.0, ""), (1.0, " "), (2.0, "x" * 300)), 10, None, "whole")
    assert [part.title for part in planned] == ["Chapter 1", "Chapter 2", "x" * MOST_TITLE]


def test_parts_are_bounded() -> None:
    """The last of as many as there may be goes up to the end, and a note says so."""
    planned = plan_parts(chapters(*((n, str(n)) for n in range(256))), 10, None, "whole")
    assert first_parts(planned[:255]) == (planned[:255], ())
    kept, [note] = first_parts(planned)
    assert kept == [*planned[:254], PlannedPart("254", 2540, None)]
    assert note == "There are more than 255 chapters: the last MP3 has all from the 255th on."


@given(
    st.lists(st.floats(0, 100), max_size=30).map(sorted),
    st.sampled_from([8000, 44100]),
    st.none() | st.floats(0, 100),
)
def test_nothing_is_lost(starts: list[float], rate: int, seconds: float | None) -> None:
    """The first begins at the start, each where the one before ends, the last has no end."""
    planned = plan_parts(chapters(*((start, "x") for start in starts)), rate, seconds, "whole")
    assert planned[0].start == 0
    assert planned[-1].stop is None
    for part, following in itertools.pairwise(planned):
        assert part.start < (part.stop or 0) == following.start
