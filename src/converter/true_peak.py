"""True peak (ITU-R BS.1770, annex 2): how far the sound goes between its samples.

It is found by four times oversampling. Where all samples around are 3 dB below what was found
already, nothing is computed: no steady tone goes further beyond its samples than that. The filter
could make 6 dB of the worst samples that there can be; such a peak would be missed there.
"""

import math
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from converter.divisors import divisor_near
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


_ROWS_TOGETHER: Final = 7


class TruePeak:
    """The greatest absolute value of sound, at and between its samples.

    `row` samples are computed together, at least 16; about 32 are quickest.
    """

    def __init__(self, row: int = 32) -> None:
        self._row = row
        self._from_row, self._from_next = np.split(_interpolation(row), [row])
        self.greatest = 0.0

    def look(self, sound: Samples, greatest: float | None = None) -> None:
        """Look at some rows of `sound`; `greatest` is the greatest of its samples, if it is known.

        Of the last row only the samples are looked at, not what lies between them: the next call
        begins with it.
        """
        around = greatest_of(sound) if greatest is None else greatest
        self.greatest = max(self.greatest, around)
        rows = sound.reshape(len(sound), -1, self._row)
        if _MOST * around <= self.greatest or rows.shape[1] == 1:
            return
        channels, numbers = self._worth_it(rows)
        between = rows[channels, numbers] @ self._from_row
        between += rows[channels, numbers + 1, : _TAPS - 1] @ self._from_next
        self.greatest = max(self.greatest, greatest_of(between))

    def _worth_it(self, rows: Samples) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The channels and numbers of the rows that may hold more than what was found."""
        last = rows.shape[1] - 1
        together = divisor_near(last, _ROWS_TOGETHER)
        groups = rows[:, :last].reshape(len(rows), last // together, together * self._row)
        greatest = np.maximum(groups.max(axis=2), -groups.min(axis=2))
        behind = np.abs(rows[:, last:]).max(axis=2)
        around = np.maximum(greatest, np.append(greatest[:, 1:], behind, axis=1))
        channels, found = np.nonzero(_MOST * around > self.greatest)
        numbers = found[:, np.newaxis] * together + np.arange(together)
        return channels[:, np.newaxis], numbers


def greatest_of(values: NDArray[np.float32]) -> float:
    """The greatest absolute value; 0 of none."""
    return max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
