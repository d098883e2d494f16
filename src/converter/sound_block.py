"""A block of the sound, which an encoder of its own encodes while the sound still comes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Final

from converter.encoder_run import EncoderRun
from converter.frames import samples_per_frame
from converter.held_sound import HeldSound
from converter.lame import Encoding
from converter.resample import Samples

PERIOD: Final = 49
"""The frames after which the padding of frames repeats: 49 x 1152 x 8 bits/s divides evenly."""

PRE_ROLL: Final = 2 * PERIOD
"""How many frames earlier than its block an encoder begins."""

_POST_ROLL: Final = 2  # an encoder looks 224 samples ahead (LAME's calcNeeded)


@dataclass(slots=True)
class Encoded:
    """What became of a block.

    frames: its own; after: those of the next block that came out already.
    """

    run: EncoderRun
    frames: list[bytes]
    after: list[bytes]


@dataclass(eq=False, slots=True)
class Block:
    """Frames `first` to `first + count` of the sound, the last block up to its end.

    Its sound comes piece by piece, from `start` to `stop` (in samples). It counts as `held` until
    its encoder has had it and it was let go. `before` are the frames of the pre-roll, once they are
    all there.
    """

    encoding: Encoding
    held: HeldSound
    first: int
    count: int
    before: list[bytes] | None = None
    is_last: bool = False
    _pieces: list[Samples] = field(default_factory=list)
    _kept: bool = True
    _heard_bytes: int = 0
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

    def followed_by(self, count: int) -> "Block":
        """The next block, of so many frames."""
        return Block(self.encoding, self.held, self.first + self.count, count)

    def put(self, samples: Samples, position: int) -> None:
        """Take what is ours of `samples`, which begin at `position` of the sound."""
        piece = samples[:, max(0, self.start - position) : max(0, self.stop - position)]
        if piece.shape[1]:
            self.held.add(piece.nbytes)
            if self._kept:
                self._pieces.append(piece)
            self._arriving.put(piece)

    def end(self, *, last: bool) -> None:
        """There are no more pieces; after the last block, there is no more sound."""
        self.is_last = last
        self._arriving.put(None)

    def let_go(self) -> None:
        """Nobody but its own encoder wants its sound any more; for the thread that puts it in."""
        with self.held.changed:
            self._kept = False
            self._pieces.clear()
            self.held.drop(self._heard_bytes)

    def encode(self) -> Encoded:
        """Encode the pieces as they come."""
        run = EncoderRun(self.encoding, self.first - self.pre_roll)
        own = self.pre_roll
        frames: list[bytes] = []
        while (piece := self._arriving.get()) is not None:
            frames += run.with_tag(run.feed(piece))
            if self.before is None and len(frames) >= own:
                self.before = frames[:own]
            self._note_heard(piece.nbytes)
        if self.is_last:
            frames += run.with_tag(run.finish())
        if self.before is None:
            self.before = frames[:own]
        end = len(frames) if self.is_last else own + self.count + (not self.first)
        return Encoded(run, frames[own:end], frames[end:])

    def _note_heard(self, count: int) -> None:
        with self.held.changed:
            if self._kept:
                self._heard_bytes += count
                self.held.changed.notify()
            else:
                self.held.drop(count)

    def from_position(self, position: int) -> Iterator[Samples]:
        """The sound from a sample on, in pieces; not once it was let go."""
        piece_start = self.start
        for piece in self._pieces:
            rest = piece[:, max(0, position - piece_start) :]
            if rest.shape[1]:
                yield rest
            piece_start += piece.shape[1]
