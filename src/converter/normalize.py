"""Bringing sound to a loudness by one linear gain, so that its dynamics stay as they are.

The gain is known once the whole sound was measured; a second pass encodes it. Players decode an MP3
to other values than those that were encoded, loud passages often to greater ones. Therefore where
the peaks come near the limit, the MP3 is decoded as it is made; where it passes the limit, it is
made anew with less gain. Frames that come out do not depend on chance, so that is the end of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec import CodecContext
from av.error import FFmpegError
from av.packet import Packet

from chassis.sources import Loudness
from converter.loudness import decibels
from converter.mp3_writer import Output
from converter.resample import Samples
from converter.true_peak import TruePeak

TRUE_PEAK: Final = -1.0
"""dBTP: what the decoded MP3 has to stay under."""

_HIGHEST_DECODED: Final = TRUE_PEAK - 0.1  # meters differ by their filters
_HIGHEST_ENCODED: Final = _HIGHEST_DECODED - 0.1
_CHECKED: Final = 4.0  # dB under the limit; the most that was seen to be added is 2.5 dB
_STEP: Final = 0.2  # dB of gain that are given up at least
_DECODER: Final = "mp3float"
_ROW: Final = 32  # a divisor of every frame's length
_FRAME: Final = 1152  # samples of the longest frame
_FRAMES: Final = 8  # that are looked at together


class TooLoud(Exception):
    """The decoded MP3 goes beyond the limit, by `excess` dB."""

    def __init__(self, excess: float) -> None:
        super().__init__(excess)
        self.excess = excess


@dataclass(frozen=True, slots=True)
class Level:
    """Sound as it was `measured`, and the `gain` in dB that it gets."""

    measured: Loudness
    gain: float

    @classmethod
    def for_target(cls, measured: Loudness, target: float) -> Self:
        """The gain that brings it to `target` LUFS, or as near as its peak allows.

        What has no loudness, silence and what is shorter than 400 ms, is not made louder.
        """
        if measured.true_peak is None:
            return cls(measured, 0.0)
        headroom = _HIGHEST_ENCODED - measured.true_peak
        wanted = 0.0 if measured.integrated is None else target - measured.integrated
        return cls(measured, min(wanted, headroom))

    def lowered(self, excess: float) -> Self:
        """With less gain, after the MP3 was so many dB too loud."""
        return replace(self, gain=self.gain - excess - _STEP)

    @property
    def is_near_limit(self) -> bool:
        """Whether the MP3 could go beyond it."""
        peak = self.measured.true_peak
        return peak is not None and peak + self.gain > TRUE_PEAK - _CHECKED

    def applied(self, sound: Iterable[Samples], encoder_gain: float) -> Iterator[Samples]:
        """The sound for an encoder that adds a gain of its own (dB)."""
        factor = np.float32(10 ** ((self.gain - encoder_gain) / 20))
        for block in sound:
            yield block * factor

    @property
    def reached(self) -> Loudness:
        """What the sound has with the gain."""
        return replace(after_gain(self.measured, self.gain), clipped=0)


def after_gain(measured: Loudness, gain: float) -> Loudness:
    """What sound has after `gain` (dB)."""
    return Loudness(
        integrated=None if measured.integrated is None else measured.integrated + gain,
        true_peak=None if measured.true_peak is None else measured.true_peak + gain,
        clipped=measured.clipped,
    )


class PeakCheck:
    """Decodes MP3 frames as they come out of the encoder, and looks at their peaks."""

    def __init__(self, channels: int) -> None:
        decoder = CodecContext.create(_DECODER, "r")
        assert isinstance(decoder, AudioCodecContext)
        decoder.thread_count = 1
        self._decoder = decoder
        self._peak = TruePeak(_ROW)
        # Always the same memory, see LoudnessMeter; the row before stands at its start.
        self._sound: Samples = np.zeros((channels, _ROW + _FRAMES * _FRAME), np.float32)
        self._filled = _ROW

    def look(self, frames: list[bytes]) -> None:
        """Take frames that follow; raises TooLoud."""
        for frame in frames:
            for samples in self._decoded(frame):
                count = samples.shape[1]
                self._sound[:, self._filled : self._filled + count] = samples
                self._filled += count
                if self._filled + _FRAME > self._sound.shape[1]:
                    self._look()
        self._look()
        peak = self._peak.greatest
        if peak and (excess := decibels(peak) - _HIGHEST_DECODED) > 0:
            raise TooLoud(excess)

    def _look(self) -> None:
        self._peak.look(self._sound[:, : self._filled])  # all frames hold whole rows
        self._sound[:, :_ROW] = self._sound[:, self._filled - _ROW : self._filled]
        self._filled = _ROW

    def _decoded(self, frame: bytes) -> list[Samples]:
        try:
            found = self._decoder.decode(Packet(frame))
        except FFmpegError:  # players leave it out too
            return []
        frames = [frame for frame in found if isinstance(frame, AudioFrame)]
        return [frame.to_ndarray().astype(np.float32, copy=False) for frame in frames]


class Pass:
    """The part of the progress, from 0 to 1, that one pass over the sound makes up.

    What was shown before is not taken back, also where a pass is made again.
    """

    def __init__(self, output: Output, start: float, end: float) -> None:
        self._output = output
        self._start, self._end = start, end
        self._shown = 0.0

    def progress(self, fraction: float) -> None:
        """See Output."""
        reached = self._start + fraction * (self._end - self._start)
        if reached > self._shown:
            self._shown = reached
            self._output.progress(reached)

    def write(self, data: bytes) -> None:
        """See Sink."""
        self._output.write(data)

    def rewrite(self, offset: int, data: bytes) -> None:
        """See Sink."""
        self._output.rewrite(offset, data)

    def start_over(self) -> None:
        """See Sink."""
        self._output.start_over()
