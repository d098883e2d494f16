"""The blocks that were encoded side by side, put together as one encoder would have made them."""

from typing import Final

from converter.frames import coded_channels
from converter.lame import Encoding
from converter.sound_block import Block, Encoded

AGREEING: Final = 24
"""How many frames have to be the same where two encoders meet.

That proves equal states only of encoders that have both heard PRE_ROLL frames: how loud it was
before may show in none of so few.
"""

_STEP: Final = 8  # frames that an encoder goes on by before it is compared again


class BlockChain:
    """The blocks put together, in their order."""

    def __init__(self, encoding: Encoding) -> None:
        self._constant = encoding.bitrate is not None
        self._tail: list[bytes] = []
        self._last: Encoded | None = None
        self._has_met = False
        self._ever_coded = [False] * encoding.channels

    def meet(self, block: Block) -> None:
        """Let the next block's sound go, if its encoder is as far as to agree with the last one."""
        if self._has_met:
            return
        if self._last:
            if block.before is None or not self._agree(self._tail, block.before):
                return
            self._last.run.close()
        self._has_met = True
        block.let_go()

    def join(self, block: Block, encoded: Encoded) -> list[bytes]:
        """The frames of the next block as one encoder of all the sound would have made them."""
        self.meet(block)
        if self._has_met or self._last is None:
            frames, self._last = encoded.frames, encoded
        else:
            frames = self._go_on(self._last, block, encoded)
            block.let_go()
        self._has_met = False
        self._note(frames)
        return frames

    def _go_on(self, previous: Encoded, block: Block, encoded: Encoded) -> list[bytes]:
        """Encode with the previous block's encoder until it makes no difference any more."""
        frames, before = previous.after, block.before or []
        compared = 0
        for samples in block.from_position(previous.run.position):
            frames += previous.run.feed(samples)
            if len(frames) >= compared + _STEP:
                compared = min(len(frames), len(encoded.frames))
                if self._agree(self._tail + frames[:compared], before + encoded.frames[:compared]):
                    previous.run.close()
                    self._last = encoded
                    return frames[:compared] + encoded.frames[compared:]
        if block.is_last:
            frames += previous.run.finish()
        count = len(encoded.frames)
        encoded.run.close()
        self._last = Encoded(previous.run, [], frames[count:])
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
