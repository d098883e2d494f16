"""How loud sound is: EBU R 128, which measures as ITU-R BS.1770-5 says, and true peak."""

import math
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chassis.sources import Loudness
from converter.divisors import divisor_near
from converter.k_weighting import KWeighting
from converter.lame import LOUDEST, tamed
from converter.resample import Samples
from converter.true_peak import TruePeak, greatest_of

FULL_SCALE: Final = 32767 / 32768
"""From here on a sample counts as clipped: the greatest that 16 bits can hold."""

_OFFSET: Final = -0.691  # LUFS: what the filter gives to a sine of 997 Hz
_ABSOLUTE_GATE: Final = -70.0  # LUFS
_RELATIVE_GATE: Final = -10.0  # LU
_STEPS_A_BLOCK: Final = 4  # blocks of 400 ms overlap by three quarters
_PIECE_SAMPLES: Final = 20_000  # as many stay in the processor's cache
_BEST_ROW: Final = 32


class LoudnessMeter:
    """Measures sound that is fed to it block by block.

    It works in memory of its own, which stays in the processor's cache: to get new memory for each
    piece can take longer than all else (chassis.allocator).
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._weighting = KWeighting(sample_rate, channels)
        piece = max(1, _PIECE_SAMPLES // self._weighting.step) * self._weighting.step
        self._row = divisor_near(piece, _BEST_ROW)
        self._peak = TruePeak(self._row)
        self._energies: list[NDArray[np.float64]] = []
        self._clipped = 0
        # A piece of the sound after the row before it.
        self._sound: Samples = np.zeros((channels, self._row + piece), np.float32)
        self._filled = self._row

    def feed(self, block: Samples) -> None:
        """Take what follows."""
        taken = 0
        while taken < block.shape[1]:
            count = min(block.shape[1] - taken, self._sound.shape[1] - self._filled)
            self._sound[:, self._filled : self._filled + count] = block[:, taken : taken + count]
            taken += count
            self._filled += count
            if self._filled == self._sound.shape[1]:
                self._measure(self._sound.shape[1] - self._row)

    def finish(self) -> Loudness:
        """What was measured; nothing may be fed after it."""
        for _ in range(2):  # silence follows, also behind the last row
            left = self._filled - self._row
            self._sound[:, self._filled :] = 0.0
            self._measure(left // self._weighting.step * self._weighting.step)
        energies = np.concatenate(self._energies) if self._energies else np.empty(0)
        peak = self._peak.greatest
        return Loudness(
            integrated=_integrated(energies / self._weighting.step),
            true_peak=decibels(peak) if peak else None,
            clipped=self._clipped,
        )

    def _measure(self, weighted: int) -> None:
        """Measure the piece, its loudness from its first so many samples; room for the next."""
        sound = self._sound
        greatest = greatest_of(sound)
        if not greatest <= LOUDEST:  # nor is what is no number
            sound[:] = tamed(sound)
            greatest = greatest_of(sound)
        piece = sound[:, self._row :]
        if greatest >= FULL_SCALE:
            self._clipped += int(np.count_nonzero(np.abs(piece) >= FULL_SCALE))
        self._peak.look(sound, greatest)
        if weighted:
            self._energies.append(self._weighting.energies(piece[:, :weighted]))
        sound[:, : self._row] = sound[:, -self._row :]
        self._filled = self._row


def measuring(sound: Iterable[Samples], meter: LoudnessMeter) -> Iterator[Samples]:
    """The sound as it is, measured on its way."""
    for block in sound:
        meter.feed(block)
        yield block


def decibels(amplitude: float) -> float:
    """An amplitude above 0 in dB, 0 dB at 1.0."""
    return 20 * math.log10(amplitude)


def _integrated(powers: NDArray[np.float64]) -> float | None:
    """The loudness of steps of 100 ms with such mean squares, summed over the channels."""
    if len(powers) < _STEPS_A_BLOCK:
        return None
    blocks = np.lib.stride_tricks.sliding_window_view(powers, _STEPS_A_BLOCK).mean(axis=1)
    heard = blocks[blocks > _power(_ABSOLUTE_GATE)]
    if not heard.size:
        return None
    gated = heard[heard > heard.mean() * 10 ** (_RELATIVE_GATE / 10)]
    return _OFFSET + 10 * math.log10(gated.mean())


def _power(loudness: float) -> float:
    return float(10 ** ((loudness - _OFFSET) / 10))
