"""Encoding on several threads, byte for byte what one encoder without a bit reservoir makes of it.

The sound is cut into blocks, and each is encoded by an encoder of its own that begins some frames
earlier, so that it has come to the state of one that has heard everything by the time its own
frames begin. That state is: samples and filters of a few frames; the padding of frames at 11.025,
22.05 and 44.1 kHz, which repeats after 49 frames; how loud it was lately (LAME's adaptive ATH,
which falls by 7.5 % a frame to a 1600th at most, in 95 frames); and at a constant bitrate the step
size of each channel's last sound, from which the search for the next one starts.

None of that is taken for granted: where two blocks meet, the frames of both encoders are compared,
and the earlier one goes on into the later block until they agree.
"""

import itertools
import math
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import stack_size
from typing import Final

from converter.block_chain import BlockChain
from converter.encoder_run import EncoderRun
from converter.frames import samples_per_frame
from converter.lame import Encoding
from converter.resample import Samples
from converter.sound_block import PERIOD, PRE_ROLL, Block, Encoded, blocks_of

_STACK_BYTES: Final = 1 << 20
_SOUND_BYTES: Final = 72 << 20  # of sound that waits or may be wanted again
_LEAST_BLOCK: Final = 8 * PERIOD
_LONGEST_BLOCK: Final = 60 * PERIOD
_SHORTEST_BLOCK: Final = 4 * PERIOD  # a shorter one would mostly be pre-roll
_MANY_ROUNDS: Final = 16  # blocks for each thread; where there are fewer, more pre-roll costs more
_PARTS: Final = 4


def block_lengths(encoding: Encoding, threads: int, seconds: float | None = None) -> Iterator[int]:
    """How many frames each block has for so many threads, block by block; multiples of PERIOD.

    As many as memory allows, and as make the threads end together if the sound has `seconds`. Over
    many blocks a thread gets ahead of the others all the same: so the last ones are shorter then.
    """
    spf = samples_per_frame(encoding.sample_rate)
    fitting = _SOUND_BYTES // (threads + 1) // (4 * encoding.channels * spf)
    longest = min(max(fitting, _LEAST_BLOCK), _LONGEST_BLOCK)
    if seconds:
        whole = seconds * encoding.sample_rate / spf
        rounds = math.ceil(whole / (threads * longest))
        blocks = threads * rounds
        longest = min(longest, math.ceil((whole + (blocks - 1) * PRE_ROLL) / blocks))
        if rounds >= _MANY_ROUNDS:
            yield from itertools.repeat(_length(longest), blocks - threads)
            yield from itertools.repeat(_length(longest // _PARTS), _PARTS * threads)
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
    stack_size(_STACK_BYTES)  # what the threads' stacks may use counts as memory of the process
    waiting: deque[tuple[Block, Future[Encoded]]] = deque()
    chain = BlockChain(encoding)
    with ThreadPoolExecutor(threads) as pool:
        try:
            for block in blocks_of(sound, encoding, lengths):
                waiting.append((block, pool.submit(block.encode)))
                if len(waiting) > threads:
                    yield chain.join(*_oldest(waiting))
            while waiting:
                yield chain.join(*_oldest(waiting))
        finally:
            chain.close()
            for block, future in waiting:
                block.end(last=False)
                if not future.cancel():
                    future.result().run.close()


def _oldest(waiting: "deque[tuple[Block, Future[Encoded]]]") -> "tuple[Block, Encoded]":
    block, future = waiting[0]
    encoded = future.result()
    waiting.popleft()
    return block, encoded
