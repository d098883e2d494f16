"""Cutting the sound into blocks while it comes."""

from collections.abc import Iterator

from converter.held_sound import HeldSound
from converter.lame import Encoding
from converter.resample import Samples
from converter.sound_block import Block


class BlockCutter:
    """Cuts the sound into blocks of so many frames as `lengths` says.

    `current` is the block that the sound has come to: all before it have their sound.
    """

    def __init__(self, encoding: Encoding, lengths: Iterator[int], held: HeldSound) -> None:
        self._lengths = lengths
        self.current = Block(encoding, held, 0, next(lengths))
        self._following = self.current.followed_by(next(lengths))
        self._position = 0

    def put(self, samples: Samples) -> list[Block]:
        """Take what comes next of the sound; the blocks that begin with it."""
        begun = []
        start = self._position
        self._position += samples.shape[1]
        self.current.put(samples, start)
        self._following.put(samples, start)
        while self._position >= self.current.stop:
            self.current.end(last=False)
            self.current = self._following
            begun.append(self.current)
            self._following = self.current.followed_by(next(self._lengths))
            self._following.put(samples, start)
        return begun

    def end(self) -> None:
        """The sound has ended."""
        self.current.end(last=True)
