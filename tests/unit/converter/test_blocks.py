"""How the sound is cut for several threads."""

import itertools

import pytest

from converter.frames import samples_per_frame
from converter.lame import Encoding
from converter.segments import SOUND_BYTES, block_lengths
from converter.sound_block import PERIOD, PRE_ROLL

STEREO = Encoding(44100, 2, quality=2)
MONO = Encoding(8000, 1, bitrate=64)


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 16, 64])
@pytest.mark.parametrize("seconds", [None, 0.1, 5.0, 10.0, 61.0, 600.0, 86_400.0])
@pytest.mark.parametrize("encoding", [STEREO, MONO])
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


def test_threads_take_turns_at_a_long_sound() -> None:
    """They begin one after the other, and when one comes to the end, no other has much left."""
    seconds = 3600.0
    left = seconds * 44100 / 1152
    lengths = block_lengths(STEREO, 2, seconds)
    first, second, *_ = taken = list(itertools.islice(lengths, 2))
    assert abs(2 * first - second) <= 2 * PERIOD
    left -= sum(taken)
    while left > 0:
        taken.append(next(lengths))
        left -= taken[-1]
    assert max(taken) == second
    assert taken[-1] < second / 5
    assert (len(taken) - 1) * PRE_ROLL < 0.025 * sum(taken)
    assert next(lengths) == second  # if it is longer than it was said to be


def test_no_block_is_larger_than_all_that_may_be_held() -> None:
    """Neither is what is held of the blocks of all threads, but for the oldest."""
    for encoding, threads in itertools.product((STEREO, MONO), (2, 3, 4, 8)):
        frames = max(itertools.islice(block_lengths(encoding, threads, 86_400.0), 1000))
        spf = samples_per_frame(encoding.sample_rate)
        held = (frames + PRE_ROLL) * spf * encoding.channels * 4
        assert (threads - 1) * held <= SOUND_BYTES
