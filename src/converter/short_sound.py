"""What is encoded around a sound, and declared as too much: its neighbours, or silence.

Silence stands around sound so short that players would not recognise its MP3.

FFmpeg takes a file for an MP3 with certainty where it begins with seven frames (mp3_read_probe);
with fewer, chance decides: noise of an even guess for another format makes it refuse the file. It
also forgets what is to be skipped in a frame that begins with a rest of the skip and ends in the
padding. So there are six frames of sound at least, and the sound of a short one ends with a frame.
What stands around it is declared in the LAME tag, as every encoder's delay is: players leave it
out.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from converter.resample import Samples
from converter.xing import DECODER_DELAY, LONGEST_GAP

LEAST_FRAMES: Final = 6
"""With so many frames, and the tag before them, every player knows an MP3."""

_LAST_PADDING: Final = 1152  # what LAME adds at the end, and what is left of its delay


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sound around a part of it: what is `before`, and what will come `after` it.

    Both together with what the encoder adds are no more than LONGEST_GAP samples at either end.
    """

    before: Sequence[Samples]
    after: Callable[[], Iterable[Samples]]


def surrounded(
    sound: Iterable[Samples],
    samples_per_frame: int,
    encoder_delay: int,
    neighbours: Neighbours | None = None,
) -> tuple[int, Iterator[Samples]]:
    """How many samples were put before `sound`, and the sound with them.

    Silence before and behind a short one, `neighbours` around any other. No more of it is read than
    tells whether it is short: six frames.
    """
    blocks = iter(sound)
    first: list[Samples] = []
    wanted = LEAST_FRAMES * samples_per_frame
    length = 0
    while length < wanted and (block := next(blocks, None)) is not None:
        first.append(block)
        length += block.shape[1]
    if length >= wanted or not length:
        if neighbours is None:
            return 0, itertools.chain(first, blocks)
        before = neighbours.before
        whole = itertools.chain(before, first, blocks, _when_asked(neighbours.after))
        return sum(block.shape[1] for block in before), whole
    needed = max(encoder_delay, wanted - length - LONGEST_GAP) + DECODER_DELAY + length
    sound_end = -(-needed // samples_per_frame) * samples_per_frame
    lead = sound_end - DECODER_DELAY - length - encoder_delay
    tail = max(0, wanted - _LAST_PADDING - lead - length)
    channels = first[0].shape[0]
    return lead, iter([_silence(channels, lead), *first, _silence(channels, tail)])


def _when_asked(sound: Callable[[], Iterable[Samples]]) -> Iterator[Samples]:
    yield from sound()


def _silence(channels: int, length: int) -> Samples:
    return np.zeros((channels, length), np.float32)
