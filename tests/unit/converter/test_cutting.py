"""Taking a part out of the sound, to the sample."""

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from converter.cutting import Span, cut
from converter.resample import Samples

RATE = 1000


@given(
    st.lists(st.integers(0, 7), max_size=8),
    st.integers(0, 40),
    st.one_of(st.none(), st.integers(0, 40)),
)
def test_exactly_the_span_is_given(sizes: list[int], first: int, length: int | None) -> None:
    """Whatever the blocks, the samples from the first up to the last of the span come out."""
    sound = np.arange(2 * sum(sizes), dtype=np.float32).reshape(2, -1)
    blocks = np.split(sound, np.cumsum(sizes), axis=1)
    stop = None if length is None else first + length
    span = Span(first / RATE, None if stop is None else stop / RATE)
    taken = [np.empty((2, 0), np.float32), *cut(blocks, span, RATE)]
    assert np.array_equal(np.concatenate(taken, axis=1), sound[:, first:stop])


def test_what_follows_is_not_asked_for() -> None:
    """The sound is not read further than the span goes."""

    def endless() -> Iterator[Samples]:
        while True:
            yield np.zeros((1, 100), np.float32)

    assert sum(block.shape[1] for block in cut(endless(), Span(0.25, 0.75), RATE)) == 500


def test_how_long_a_span_is() -> None:
    """As long as was asked for, as far as there is that much."""
    assert Span(2.0, 5.0).length(None) == 3.0
    assert Span(2.0, 5.0).length(4.0) == 2.0
    assert Span(2.0).length(9.0) == 7.0
    assert Span(2.0).length(None) is None
    assert Span(7.0).length(5.0) == 0.0


def test_whether_a_span_was_read() -> None:
    """To the sample, however times are rounded; one without an end goes up to the file's."""
    assert Span(0.0, 0.3).ends_within(0.1 + 0.2, 48000)
    assert Span(0.0, 0.3).ends_within(0.3 - 1e-9, 48000)
    assert not Span(0.0, 0.3).ends_within(0.3 - 1 / 48000, 48000)
    assert not Span(0.1).ends_within(100.0, 48000)
