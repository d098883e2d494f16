"""How the sound is cut for several threads."""

import itertools

import pytest

from converter.lame import Encoding
from converter.segments import block_lengths
from converter.sound_block import PERIOD, PRE_ROLL

STEREO = Encoding(44100, 2, quality=2)


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 16, 64])
@pytest.mark.parametrize("seconds", [None, 0.1, 5.0, 10.0, 61.0, 600.0, 86_400.0])
@pytest.mark.parametrize("encoding", [STEREO, Encoding(8000, 1, bitrate=64)])
def test_blocks_can_be_put_together(
    threads: int, seconds: float | None, encoding: Encoding
) -> None:
    """Frames are padded alike in all blocks, and each is longer than what precedes it."""
    for frames in itertools.islice(block_lengths(encoding, threads, seconds), 200):
        assert frames % PERIOD == 0
        assert frames > PRE_ROLL


def test_threads_end_together() -> None:
    """Of a clip, each of two threads gets half, the second a bit less because it starts earlier."""
    seconds = 10.0
    whole = seconds * 44100 / 1152
    frames = next(block_lengths(STEREO, 2, seconds))
    assert abs(frames - (whole - frames + PRE_ROLL)) <= 2 * PERIOD


def test_the_last_blocks_of_a_long_sound_are_short() -> None:
    """When one thread comes to the end, no other has much left; behind it all goes on as before."""
    seconds = 3600.0
    whole = seconds * 44100 / 1152
    lengths = block_lengths(STEREO, 2, seconds)
    longest, taken, last = next(lengths), 0, 0
    taken += longest
    while taken < whole:
        last = next(lengths)
        taken += last
    assert last < longest / 3
    assert max(itertools.islice(lengths, 16)) == longest


def test_memory_is_bounded() -> None:
    """However many threads and however long the sound, what waits stays below 90 MB."""
    for threads in (2, 3, 4, 8):
        frames = max(itertools.islice(block_lengths(STEREO, threads, 86_400.0), 1000))
        assert (threads + 1) * (frames + PRE_ROLL) * 1152 * 2 * 4 < 90e6
