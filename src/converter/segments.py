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

import math
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import stack_size
from typing import Final

from converter.frames import coded_channels, samples_per_frame, split_frames
from converter.lame import Encoder, Encoding
from converter.resample import Samples
from converter.xing import blank_tag_frame, has_room_for_tag

PERIOD: Final = 49
"""The frames after which the padding of frames repeats: 49 x 1152 x 8 bits/s divides evenly."""

PRE_ROLL: Final = 2 * PERIOD
AGREEING: Final = 24
"""How many frames have to be the same where two encoders meet."""

_POST_ROLL: Final = 2  # an encoder looks 224 samples ahead (LAME's calcNeeded)
_STEP: Final = 8  # frames that an encoder goes on by before it is compared again
_STACK_BYTES: Final = 1 << 20
_SOUND_BYTES: Final = 72 << 20  # of sound that waits or may be wanted again
_LEAST_BLOCK: Final = 8 * PERIOD
_LONGEST_BLOCK: Final = 60 * PERIOD
_SHORTEST_BLOCK: Final = 4 * PERIOD  # a shorter one would mostly be pre-roll


def frames_per_block(encoding: Encoding, threads: int, seconds: float | None = None) -> int:
    """How many frames the blocks for so many threads have; a multiple of PERIOD.

    As many as memory allows, and as make the threads end together if the sound has `seconds`.
    """
    spf = samples_per_frame(encoding.sample_rate)
    fitting = _SOUND_BYTES // (threads + 1) // (4 * encoding.channels * spf)
    longest = min(max(fitting, _LEAST_BLOCK), _LONGEST_BLOCK)
    if seconds:
        whole = seconds * encoding.sample_rate / spf
        blocks = threads * math.ceil(whole / (threads * longest))
        longest = min(longest, math.ceil((whole + (blocks - 1) * PRE_ROLL) / blocks))
    return max(-(-longest // PERIOD) * PERIOD, _SHORTEST_BLOCK)


def encode(
    sound: Iterable[Samples], encoding: Encoding, threads: int = 1, block_frames: int | None = None
) -> Iterator[list[bytes]]:
    """The MP3 frames of `sound`, in order; the first is LAME's tag of what its encoder has made.

    What comes out does not depend on `threads` nor on `block_frames`, which is a multiple of PERIOD
    and more than PRE_ROLL.
    """
    if threads == 1:
        return _one_pass(sound, encoding)
    blocks = block_frames or frames_per_block(encoding, threads)
    return _side_by_side(sound, encoding, threads, blocks)


def _one_pass(sound: Iterable[Samples], encoding: Encoding) -> Iterator[list[bytes]]:
    run = _Run(encoding, 0)
    try:
        for samples in sound:
            if frames := run.feed(samples):
                yield run.with_tag(frames)
        yield run.with_tag(run.finish())
    finally:
        run.close()


def _side_by_side(
    sound: Iterable[Samples], encoding: Encoding, threads: int, block_frames: int
) -> Iterator[list[bytes]]:
    stack_size(_STACK_BYTES)  # what the threads' stacks may use counts as memory of the process
    waiting: deque[tuple[_Block, Future[_Encoded]]] = deque()
    chain = _Chain(encoding)
    with ThreadPoolExecutor(threads) as pool:
        try:
            for block in _cut(sound, encoding, block_frames):
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


def _oldest(waiting: "deque[tuple[_Block, Future[_Encoded]]]") -> "tuple[_Block, _Encoded]":
    block, future = waiting[0]
    encoded = future.result()
    waiting.popleft()
    return block, encoded


class _Run:
    """One encoder on its way through the sound.

    `position` is the sample that it wants next, `next_frame` the number of the frame that comes out
    next.
    """

    def __init__(self, encoding: Encoding, first_frame: int) -> None:
        self._encoder = Encoder(encoding)
        self._rest = b""
        self._has_begun = False
        self._begins_with_tag = True
        self._has_given_tag = first_frame > 0
        self.position = first_frame * samples_per_frame(encoding.sample_rate)

    def feed(self, samples: Samples) -> list[bytes]:
        """The frames that are ready after `samples`."""
        self.position += samples.shape[1]
        return self._split(self._encoder.encode(samples))

    def finish(self) -> list[bytes]:
        """The last frames; nothing may be fed after it."""
        return self._split(self._encoder.flush())

    def with_tag(self, frames: list[bytes]) -> list[bytes]:
        """`frames`, with the tag before the very first."""
        if self._has_given_tag or not frames:
            return frames
        self._has_given_tag = True
        if self._begins_with_tag:
            return [self._encoder.tag_frame(), *frames]
        return [blank_tag_frame(frames[0], constant=True, gaps=True), *frames]

    def close(self) -> None:
        """Free the encoder."""
        self._encoder.close()

    def _split(self, data: bytes) -> list[bytes]:
        frames, self._rest = split_frames(self._rest + data)
        if not frames or self._has_begun:
            return frames
        self._has_begun = True
        self._begins_with_tag = has_room_for_tag(frames[0])
        return frames[1:] if self._begins_with_tag else frames


@dataclass(slots=True)
class _Encoded:
    """What became of a block.

    before: the frames of its pre-roll; frames: its own; after: those of the next block that came
    out already.
    """

    run: _Run
    before: list[bytes]
    frames: list[bytes]
    after: list[bytes]


@dataclass(eq=False, slots=True)
class _Block:
    """Frames `first` to `first + count` of the sound, the last block up to its end.

    Its sound comes piece by piece, from `start` to `stop` (in samples), and stays until the block
    is given up.
    """

    encoding: Encoding
    first: int
    count: int
    pieces: list[Samples] = field(default_factory=list)
    is_last: bool = False
    _arriving: SimpleQueue[Samples | None] = field(default_factory=SimpleQueue)

    @property
    def _samples_per_frame(self) -> int:
        return samples_per_frame(self.encoding.sample_rate)

    @property
    def pre_roll(self) -> int:
        """How many frames earlier its encoder begins."""
        return min(PRE_ROLL, self.first)

    @property
    def start(self) -> int:
        """The first sample that it needs."""
        return (self.first - self.pre_roll) * self._samples_per_frame

    @property
    def stop(self) -> int:
        """The sample behind the last that it needs, unless it is the last block."""
        return (self.first + self.count + _POST_ROLL) * self._samples_per_frame

    def put(self, samples: Samples, position: int) -> None:
        """Take what is ours of `samples`, which begin at `position` of the sound."""
        piece = samples[:, max(0, self.start - position) : max(0, self.stop - position)]
        if piece.shape[1]:
            self.pieces.append(piece)
            self._arriving.put(piece)

    def end(self, *, last: bool) -> None:
        """There are no more pieces; after the last block, there is no more sound."""
        self.is_last = last
        self._arriving.put(None)

    def encode(self) -> _Encoded:
        """Encode the pieces as they come."""
        run = _Run(self.encoding, self.first - self.pre_roll)
        frames: list[bytes] = []
        while (piece := self._arriving.get()) is not None:
            frames += run.with_tag(run.feed(piece))
        if self.is_last:
            frames += run.with_tag(run.finish())
        own = self.pre_roll
        end = len(frames) if self.is_last else own + self.count + (not self.first)
        return _Encoded(run, frames[:own], frames[own:end], frames[end:])

    def from_position(self, position: int) -> Iterator[Samples]:
        """The sound from a sample on, in pieces."""
        piece_start = self.start
        for piece in self.pieces:
            rest = piece[:, max(0, position - piece_start) :]
            if rest.shape[1]:
                yield rest
            piece_start += piece.shape[1]


def _cut(sound: Iterable[Samples], encoding: Encoding, block_frames: int) -> Iterator[_Block]:
    """The blocks of the sound, each as soon as it begins; asking for the next one fills it."""
    current = _Block(encoding, 0, block_frames)
    yield current
    following = _Block(encoding, block_frames, block_frames)
    position = 0
    for samples in sound:
        current.put(samples, position)
        following.put(samples, position)
        position += samples.shape[1]
        while position >= current.stop:
            current.end(last=False)
            current = following
            yield current
            following = _Block(encoding, current.first + block_frames, block_frames)
            following.put(samples, position - samples.shape[1])
    current.end(last=True)


class _Chain:
    """The blocks put together, in their order."""

    def __init__(self, encoding: Encoding) -> None:
        self._constant = encoding.bitrate is not None
        self._tail: list[bytes] = []
        self._last: _Encoded | None = None
        self._ever_coded = [False] * encoding.channels

    def join(self, block: _Block, encoded: _Encoded) -> list[bytes]:
        """The frames of the next block as one encoder of all the sound would have made them."""
        previous = self._last
        if previous is None or self._agree(self._tail, encoded.before):
            if previous:
                previous.run.close()
            frames, self._last = encoded.frames, encoded
        else:
            frames = self._go_on(previous, block, encoded)
        self._note(frames)
        return frames

    def _go_on(self, previous: _Encoded, block: _Block, encoded: _Encoded) -> list[bytes]:
        """Encode with the previous block's encoder until it makes no difference any more."""
        frames = previous.after
        compared = 0
        for samples in block.from_position(previous.run.position):
            frames += previous.run.feed(samples)
            if len(frames) >= compared + _STEP:
                compared = min(len(frames), len(encoded.frames))
                if self._agree(
                    self._tail + frames[:compared], encoded.before + encoded.frames[:compared]
                ):
                    previous.run.close()
                    self._last = encoded
                    return frames[:compared] + encoded.frames[compared:]
        if block.is_last:
            frames += previous.run.finish()
        count = len(encoded.frames)
        encoded.run.close()
        self._last = _Encoded(previous.run, [], [], frames[count:])
        return frames[:count]

    def _agree(self, ours: list[bytes], theirs: list[bytes]) -> bool:
        """Whether two encoders are in the same state after these frames, as far as they show."""
        ours, theirs = ours[-AGREEING:], theirs[-AGREEING:]
        return len(ours) == AGREEING and ours == theirs and self._shows_everything(ours)

    def _shows_everything(self, frames: list[bytes]) -> bool:
        """Whether step sizes are known: a channel was heard lately, or never was."""
        if not self._constant:
            return True
        coded = [any(channel) for channel in zip(*map(coded_channels, frames), strict=True)]
        return all(now or not ever for now, ever in zip(coded, self._ever_coded, strict=True))

    def _note(self, frames: list[bytes]) -> None:
        self._tail = frames[-AGREEING:] if len(frames) >= AGREEING else self._tail + frames
        for frame in frames:
            if all(self._ever_coded):
                return
            for channel, is_coded in enumerate(coded_channels(frame)):
                self._ever_coded[channel] |= is_coded

    def close(self) -> None:
        """Free the last encoder."""
        if self._last:
            self._last.run.close()
            self._last = None
