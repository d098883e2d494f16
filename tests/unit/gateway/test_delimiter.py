"""The delimiter is found wherever it stands, and where it may only begin."""

import pytest

from gateway.delimiter import Delimiter

LINE = b"\r\n--frontier"
FILLING = bytes(range(256)) * 20


@pytest.mark.parametrize("before", [0, 1, 100, 4000])
@pytest.mark.parametrize("after", [0, 1, 100, 4000])
def test_it_is_found_anywhere(before: int, after: int) -> None:
    """Also behind zeros, which end a string of the C library's."""
    assert Delimiter("frontier").touches(FILLING[:before] + LINE + FILLING[:after])


@pytest.mark.parametrize("size", range(1, len(LINE)))
def test_it_may_begin_at_the_end(size: int) -> None:
    """The next piece may have the rest of it, whether or not this one has anything else."""
    delimiter = Delimiter("frontier")
    assert delimiter.touches(FILLING + LINE[:size])
    assert delimiter.touches(LINE[:size])
    assert not delimiter.touches(FILLING + LINE[:size] + b"x")


def test_other_bytes_are_none_of_it() -> None:
    """Line breaks and hyphens alone are what any video has."""
    delimiter = Delimiter("frontier")
    for piece in (FILLING, b"\n", b"--frontier", b"\r\n--frontie\r", b"\r\n--frontieR", b"\r-"):
        assert delimiter.touches(piece) == piece.endswith(b"\r")
