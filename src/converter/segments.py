"""Encoding on several threads, byte for byte what one encoder without a bit reservoir makes of it.

The sound is cut into blocks, and each is encoded by an encoder of its own that begins some frames
earlier, so that it has come to the state of one that has heard everything by the time its own
frames begin. That state is: samples and filters of a few frames; the padding of frames at 11.025,
22.05 and 44.1 kHz, which repeats after 49 frames; how loud it was lately (LAME's adaptive ATH,
which falls by 7.5 % a frame to a 1600th at most, in 95 frames); and at a constant bitrate the step
size of each channel's last sound, from which the search for the next one starts.

How loud it was is equal then, however it was before. The rest is not taken for granted: where two
blocks meet, the frames of both encoders are compared, and the earlier one goes on into the later
block until they agree.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Final

from converter.block_cutter import BlockCutter
from converter.block_queue import BlockQueue
from converter.encoder_run import EncoderRun
from converter.frames import samples_per_frame
from converter.held_sound import HeldSound
from converter.lame import Encoding
from converter.resample import Samples
from converter.sound_block import PERIOD, PRE_ROLL

SOUND_BYTES: Final = 44 << 20
"""How much sound waits or may be wanted again."""

_LEAST_BLOCK: Final = 8 * PERIOD
_LONGEST_BLOCK: Final = 120 * PERIOD
_SHORTEST_BLOCK: Final = 4 * PERIOD  # a shorter one would mostly be pre-roll
_FEW_ROUNDS: Final = 4  # blocks for each thread
_LAST_ROUNDS: Final = 1.25  # over how many rounds the end of the sound is spread
_LAST_BLOCK: Final = 16 * PERIOD


def block_lengths(encoding: Encoding, threads: int, seconds: float | None = None) -> Iterator[int]:
    """How many frames each block has for so many threads, block by block; multiples of PERIOD.

    As many as memory allows, and as make the threads end together if the sound has `seconds`. If
    these are few blocks, they are all alike. Of many the first ones are shorter, so that the
    threads take turns and the next block is read when one is done; and so are the last ones, since
    a thread gets ahead of the others all the same.
    """
    spf = samples_per_frame(encoding.sample_rate)
    fitting = SOUND_BYTES // max(1, threads - 1) // (4 * encoding.channels * spf) - PRE_ROLL
    longest = min(max(fitting // PERIOD * PERIOD, _LEAST_BLOCK), _LONGEST_BLOCK)
    left = seconds * encoding.sample_rate / spf if seconds else math.inf
    if left <= _FEW_ROUNDS * threads * longest:
        blocks = threads * math.ceil(left / (threads * longest))
        alike = math.ceil((left + (blocks - 1) * PRE_ROLL) / blocks)
        yield from itertools.repeat(_length(min(longest, alike)))
    for number in range(threads):
        first = _length(longest * (number + 1) // threads)
        left -= first
        yield first
    while 0 < left < math.inf:
        fraction = max(_LAST_BLOCK, math.ceil(left / (_LAST_ROUNDS * threads)))
        following = _length(min(longest, fraction))
        left -= following
        yield following
    yield from itertools.repeat(_length(longest))


def _length(frames: int) -> int:
    return max(-(-frames // PERIOD) * PERIOD, _SHORTEST_BLOCK)


def encode(
    sound: Iterable[Samples], encoding: Encoding, threads: int, lengths: Iterator[int]
) -> Iterator[list[bytes]]:
    """The MP3 frames of `sound`, in order; the first is LAME's tag of what its encoder has made.

    What comes out does not depend on `threads` nor on the `lengths` of blocks, in frames, which are
    multiples of PERIOD, more than PRE_ROLL, and never end.
    """
    if threads == 1:
        return _one_pass(sound, encoding)
    return _side_by_side(sound, encoding, threads, lengths)


def _one_pass(sound: Iterable[Samples], encoding: Encoding) -> Iterator[list[bytes]]:
    run = EncoderRun(encoding, 0)
    try:
        for samples in sound:
            if frames := run.feed(samples):
                yield run.with_tag(frames)
        yield run.with_tag(run.finish())
    finally:
        run.close()


def _side_by_side(
    sound: Iterable[Samples], encoding: Encoding, threads: int, lengths: Iterator[int]
) -> Iterator[list[bytes]]:
    held = HeldSound(SOUND_BYTES)
    cutter = BlockCutter(encoding, lengths, held)
    with BlockQueue(encoding, threads, held) as queue:
        queue.begin(cutter.current)
        for samples in sound:
            for block in cutter.put(samples):
                queue.begin(block)
            yield from queue.done_before(cutter.current)
        cutter.end()
        yield from queue.rest()
