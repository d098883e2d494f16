"""How loud sound is: EBU R 128, which measures as ITU-R BS.1770-5 says, and true peak."""

import math
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chassis.jobs import Loudness
from converter.k_weighting import KWeighting
from converter.lame import tamed
from converter.resample import Samples
from converter.true_peak import TruePeak

FULL_SCALE: Final = 32767 / 32768
"""From here on a sample counts as clipped: the greatest that 16 bits can hold."""

_OFFSET: Final = -0.691  # LUFS: what the filter gives to a sine of 997 Hz
_ABSOLUTE_GATE: Final = -70.0  # LUFS
_RELATIVE_GATE: Final = -10.0  # LU
_STEPS_A_BLOCK: Final = 4  # blocks of 400 ms overlap by three quarters
_PIECE_SAMPLES: Final = 10_000  # as many stay in the processor's cache


class LoudnessMeter:
    """Measures sound that is fed to it block by block."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._weighting = KWeighting(sample_rate, channels)
        self._peak = TruePeak(channels)
        self._energies: list[NDArray[np.float64]] = []
        self._clipped = 0
        step = self._weighting.step
        self._piece = max(1, _PIECE_SAMPLES // step) * step
        self._rest: Samples = np.empty((channels, 0), np.float32)

    def feed(self, block: Samples) -> None:
        """Take what follows."""
        samples = np.concatenate((self._rest, block), axis=1) if self._rest.size else block
        whole = samples.shape[1] // self._weighting.step * self._weighting.step
        for start in range(0, whole, self._piece):
            piece = self._noted(samples[:, start : min(start + self._piece, whole)])
            self._energies.append(self._weighting.energies(piece))
        self._rest = samples[:, whole:]

    def finish(self) -> Loudness:
        """What was measured; nothing may be fed after it."""
        self._noted(self._rest)
        self._peak.finish()
        energies = np.concatenate(self._energies) if self._energies else np.empty(0)
        peak = self._peak.greatest
        return Loudness(
            integrated=_integrated(energies / self._weighting.step),
            true_peak=decibels(peak) if peak else None,
            clipped=self._clipped,
        )

    def _noted(self, piece: Samples) -> Samples:
        """The piece, as it is encoded, after its peaks were looked at."""
        piece = tamed(piece)
        if self._peak.feed(piece) >= FULL_SCALE:
            self._clipped += int(np.count_nonzero(np.abs(piece) >= FULL_SCALE))
        return piece


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
