"""Writing an MP3 whose first frame is only known at its end."""

import time
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from chassis.ports import MAX_REWRITE_BYTES
from converter.frames import parse_header
from converter.id3 import Id3
from converter.ports import Sink
from converter.xing import FrameIndex, tag_frame

_OUTPUT_BYTES: Final = 64 * 1024
_PROGRESS_SECONDS: Final = 0.25


class Mp3Output(Protocol):
    """Where one MP3 goes."""

    def write(self, data: bytes) -> None:
        """Append."""

    def rewrite(self, offset: int, data: bytes) -> None:
        """See Sink."""

    def progress(self, fraction: float) -> None:
        """How much is done, from 0 to 1."""


class Output(Sink, Protocol):
    """Where the MP3 and the news of it go."""

    def progress(self, fraction: float) -> None:
        """How much is done, from 0 to 1."""


class Mp3Writer:
    """An MP3 on its way to `output`: a Xing/LAME frame, frames of sound, and `id3` around them.

    `template` is such a frame, of the size and with everything that does not depend on the sound.
    """

    def __init__(self, output: Mp3Output, id3: Id3, template: bytes) -> None:
        self._output = output
        self._id3 = id3
        self._template = template
        header = parse_header(template)
        if header is None:
            raise ValueError("the template is no frame")
        self._samples_per_frame = header.samples
        self._sample_rate = header.sample_rate
        self._gathered = bytearray(id3.start + template)
        self._index = FrameIndex()
        self._shown = 0.0
        self._shown_at = time.monotonic()

    @property
    def size(self) -> int:
        """How many bytes the MP3 has up to now, without tags."""
        return len(self._template) + self._index.size

    @property
    def samples(self) -> int:
        """How many samples the frames hold up to now, those too many included."""
        return len(self._index) * self._samples_per_frame

    def write(self, frames: Sequence[bytes]) -> None:
        """Append frames of sound."""
        self.write_block(b"".join(frames), map(len, frames))

    def write_block(self, data: bytes, sizes: Iterable[int]) -> None:
        """Append frames of sound: their bytes in one piece, and the size of each."""
        self._index.add(data, sizes)
        self._gathered += data
        if len(self._gathered) >= _OUTPUT_BYTES:
            self._flush()

    def show(self, fraction: float) -> None:
        """Let the output know how much is done, now and then; it never becomes less."""
        now = time.monotonic()
        if now - self._shown_at >= _PROGRESS_SECONDS and fraction > self._shown:
            self._shown, self._shown_at = min(1.0, fraction), now
            self._output.progress(self._shown)

    def finish(self, delay: int, samples: int) -> None:
        """Say what is true of the whole: `samples` of sound after `delay` too many."""
        self._gathered += self._id3.end(self.size)
        self._flush()
        tag = tag_frame(self._template, self._index, delay, self.samples - delay - samples)
        start = self._id3.finished(samples / self._sample_rate) + tag
        for offset in range(0, len(start), MAX_REWRITE_BYTES):
            self._output.rewrite(offset, start[offset : offset + MAX_REWRITE_BYTES])

    def _flush(self) -> None:
        self._output.write(bytes(self._gathered))
        self._gathered.clear()
