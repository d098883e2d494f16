"""True peak (ITU-R BS.1770, annex 2): how far the sound goes between its samples.

It is found by four times oversampling. Where all samples are 3 dB below what was found already,
nothing is computed: no steady tone goes further beyond its samples than that. The filter could make
6 dB of the worst samples that there can be; such a peak would be missed there.
"""

import math
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from converter.resample import Samples

_OVERSAMPLING: Final = 4
_TAPS: Final = 16  # of each phase; most sound has the peak of libavfilter's ebur128 to 0.2 dB
_KAISER_BETA: Final = 6.0


def _phases() -> NDArray[np.float64]:
    """The weights of each phase: a sinc in a Kaiser window, normalised."""
    phase = np.arange(1, _OVERSAMPLING)[:, np.newaxis] / _OVERSAMPLING
    distance = np.arange(_TAPS) - _TAPS // 2 + 1 - phase
    inside = 1 - (distance / (_TAPS / 2)) ** 2
    weights = np.sinc(distance) * np.i0(_KAISER_BETA * np.sqrt(inside))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


_PHASES: Final = _phases()


@cache
def _interpolation(row: int) -> NDArray[np.float32]:
    """From a row of samples, and the first of the next, to the values between them."""
    matrix = np.zeros((row + _TAPS - 1, len(_PHASES), row))
    for sample in range(row):
        matrix[sample : sample + _TAPS, :, sample] = _PHASES.T
    return np.ascontiguousarray(matrix.reshape(len(matrix), -1), np.float32)


_MOST: Final = math.sqrt(2)
"""How many times the greatest of the samples round it a value is taken to be at most."""


class TruePeak:
    """The greatest absolute value of sound in `channels`, at and between its samples.

    `row` samples are looked at together, at least 16; about 32 are quickest.
    """

    def __init__(self, channels: int, row: int = 32) -> None:
        self._row = row
        self._from_row, self._from_next = np.split(_interpolation(row), [row])
        self._between = self._more = np.empty((channels, 0, self._from_row.shape[1]), np.float32)
        self.greatest = 0.0

    def look(self, sound: Samples, greatest: float | None = None) -> None:
        """Look at some rows of `sound`; `greatest` is the greatest of its samples, if it is known.

        Of the last row only the samples are looked at, not what lies between them: the next call
        begins with it. It is quickest with always as many rows.
        """
        around = greatest_of(sound) if greatest is None else greatest
        self.greatest = max(self.greatest, around)
        if _MOST * around <= self.greatest:
            return
        rows = sound.reshape(len(sound), -1, self._row)
        if rows.shape[1] != self._between.shape[1] + 1:
            shape = (len(rows), rows.shape[1] - 1, self._from_row.shape[1])
            self._between, self._more = np.empty((2, *shape), np.float32)
        np.matmul(rows[:, :-1], self._from_row, out=self._between)
        np.matmul(rows[:, 1:, : _TAPS - 1], self._from_next, out=self._more)
        self._between += self._more
        self.greatest = max(self.greatest, greatest_of(self._between))


def greatest_of(values: NDArray[np.float32]) -> float:
    """The greatest absolute value; 0 of none."""
    return max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
