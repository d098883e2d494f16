"""True peak (ITU-R BS.1770, annex 2): how far the sound goes between its samples.

It is found by four times oversampling. Where the samples are so small that no value between them
can be greater than what was found already, nothing is computed; the result is the same.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from converter.resample import Samples

_OVERSAMPLING: Final = 4
_TAPS: Final = 16  # of each phase; most sound has the peak of libavfilter's ebur128 to 0.2 dB
_KAISER_BETA: Final = 6.0
_ROW: Final = 32  # samples that one row of a matrix holds


def _phases() -> NDArray[np.float64]:
    """The weights of each phase: a sinc in a Kaiser window, normalised."""
    phase = np.arange(1, _OVERSAMPLING)[:, np.newaxis] / _OVERSAMPLING
    distance = np.arange(_TAPS) - _TAPS // 2 + 1 - phase
    inside = 1 - (distance / (_TAPS / 2)) ** 2
    weights = np.sinc(distance) * np.i0(_KAISER_BETA * np.sqrt(inside))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _interpolation(phases: NDArray[np.float64]) -> NDArray[np.float32]:
    """From a row of samples, and the first of the next, to the values between them."""
    matrix = np.zeros((_ROW + _TAPS - 1, len(phases), _ROW))
    for sample in range(_ROW):
        matrix[sample : sample + _TAPS, :, sample] = phases.T
    return np.ascontiguousarray(matrix.reshape(len(matrix), -1), np.float32)


_FROM_ROW, _FROM_NEXT = np.split(_interpolation(_phases()), [_ROW])
_MOST: Final = float(np.abs(_phases()).sum(axis=1).max())
"""How many times the greatest of the samples round it a value can be."""


class TruePeak:
    """The greatest absolute value of sound in `channels`, at and between its samples."""

    def __init__(self, channels: int) -> None:
        self._rest: Samples = np.zeros((channels, _ROW), np.float32)
        self.greatest = 0.0

    def feed(self, samples: Samples) -> float:
        """Take what follows; gives the greatest absolute value of its samples.

        It is quickest with pieces of about 10,000 samples.
        """
        greatest = _greatest(samples)
        self.greatest = max(self.greatest, greatest)
        sound = np.concatenate((self._rest, samples), axis=1)
        rows = sound.shape[1] // _ROW
        around = max(greatest, _greatest(self._rest))
        self._rest = sound[:, (rows - 1) * _ROW :]
        if _MOST * around > self.greatest:
            self._look_between(sound[:, : rows * _ROW])
        return greatest

    def finish(self) -> None:
        """Silence follows the last sample."""
        self.feed(np.zeros((len(self._rest), _ROW), np.float32))

    def _look_between(self, sound: Samples) -> None:
        """Look between the samples of all rows but the last, whose turn comes with the next."""
        rows = sound.reshape(len(sound), -1, _ROW)
        between = rows[:, :-1] @ _FROM_ROW
        between += rows[:, 1:, : _TAPS - 1] @ _FROM_NEXT
        self.greatest = max(self.greatest, _greatest(between))


def _greatest(values: NDArray[np.float32]) -> float:
    return max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
