"""K-weighting (ITU-R BS.1770): the filter that stands before every measurement of loudness.

A recursive filter goes from sample to sample; numpy does not. So the sound is cut into short
segments, and what the filter makes of all of them is three products of matrices: what each segment
contributes by itself, the state that it leaves behind, and what the state before it adds. That
costs a third of libavfilter's ebur128, and a sixth of libebur128.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from converter.resample import Samples

_Matrix = NDArray[np.float64]
_Biquad = tuple[_Matrix, _Matrix, _Matrix, float]  # state space: A, B, C, D

# The two stages for any sample rate; at 48 kHz they are those in BS.1770's tables. Frequencies and
# Q as libebur128 and libavfilter have them, which found them from the tables.
_SHELF_HZ, _SHELF_DB, _SHELF_Q, _SHELF_SLOPE = (
    1681.974450955533,
    3.999843853973347,
    0.7071752369554196,
    0.4996667741545416,
)
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773

_BEST_SEGMENT: Final = 45  # samples; the fastest of those tried
_DOUBLINGS: Final = 24  # 2 ** 24 samples: no state lasts so long
_FORGOTTEN: Final = 1e-9


class KWeighting:
    """The filter for `channels` at `sample_rate`, at rest at first; an energy for each step.

    A step is a tenth of a second, `step` samples (rounded down, as libavfilter does).
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.step = sample_rate // 10
        products = products_for(sample_rate)
        self._length = len(products.own)
        self._own, self._leaves = products.own, products.leaves
        self._adds, self._jumps = products.adds, products.jumps
        self._state = np.zeros((channels, len(self._adds)), np.float32)
        self._filtered = self._added = np.empty((channels, 0, self._length), np.float32)

    def energies(self, samples: Samples) -> NDArray[np.float64]:
        """The energy of each step after the filter, over all channels.

        `samples` are (channels, n), n a multiple of `step`; they follow those of the call before.
        It is quickest if n is always the same.
        """
        channels, count = samples.shape
        segments = samples.reshape(channels, -1, self._length)
        if segments.shape != self._filtered.shape:
            self._filtered, self._added = np.empty((2, *segments.shape), np.float32)
        states = self._states(segments)
        self._state = states[:, -1].copy()
        np.matmul(segments, self._own, out=self._filtered)
        np.matmul(states[:, :-1], self._adds, out=self._added)
        self._filtered += self._added
        energies = np.vecdot(self._filtered, self._filtered)
        steps = energies.reshape(channels, count // self.step, -1)
        found: NDArray[np.float64] = steps.sum(axis=(0, 2), dtype=np.float64)
        return found

    def _states(self, segments: Samples) -> NDArray[np.float32]:
        """The state before each segment, and behind the last."""
        channels, count, _ = segments.shape
        states = np.empty((channels, count + 1, self._state.shape[1]), np.float32)
        states[:, 0] = self._state
        np.matmul(segments, self._leaves, out=states[:, 1:])
        distance = 1
        for jump in self._jumps:  # after each, a state knows of twice as many segments before it
            if distance <= count:
                states[:, distance:] += states[:, :-distance] @ jump
            distance *= 2
        return states


@dataclass(frozen=True, slots=True)
class Products:
    """The matrices of one sample rate: see the properties of _StateSpace that make them."""

    own: NDArray[np.float32]
    leaves: NDArray[np.float32]
    adds: NDArray[np.float32]
    jumps: tuple[NDArray[np.float32], ...]


@cache
def products_for(sample_rate: int) -> Products:
    """What the filter needs at `sample_rate`; it takes as long to make as a second of sound."""
    filter_ = _StateSpace.k_weighting(sample_rate)
    length = divisor_near(sample_rate // 10, _BEST_SEGMENT)
    return Products(
        own=_single(filter_.own_response(length)),
        leaves=_single(filter_.left_behind(length)),
        adds=_single(filter_.added_by_state(length)),
        jumps=tuple(map(_single, filter_.jumps(length))),
    )


@cache
def divisor_near(number: int, wanted: int) -> int:
    """The divisor of `number` that comes nearest to `wanted`."""
    divisors = [divisor for divisor in range(1, number + 1) if number % divisor == 0]
    return min(divisors, key=lambda divisor: abs(math.log(divisor / wanted)))


def _single(matrix: _Matrix) -> NDArray[np.float32]:
    return np.ascontiguousarray(matrix, np.float32)


class _StateSpace:
    """A filter as s' = A s + B x, y = C s + D x."""

    def __init__(self, a: _Matrix, b: _Matrix, c: _Matrix, d: float) -> None:
        self._a, self._b, self._c, self._d = a, b, c, d
        self.order = len(a)

    @classmethod
    def k_weighting(cls, sample_rate: int) -> Self:
        """Both stages, in coordinates in which a state is as large as what it still gives.

        In others it is so much larger that single precision is not enough.
        """
        a1, b1, c1, d1 = _shelf(sample_rate)
        a2, b2, c2, d2 = _high_pass(sample_rate)
        a = np.block([[a1, np.zeros((2, 2))], [b2 @ c1, a2]])
        b = np.vstack([b1, b2 * d1])
        c = np.hstack([d2 * c1, c2])
        energy, power = c.T @ c, a  # of what a state gives: the observability Gramian
        for _ in range(_DOUBLINGS):
            energy = energy + power.T @ energy @ power
            power = power @ power
        root = np.linalg.cholesky(energy).T
        back = np.linalg.inv(root)
        return cls(root @ a @ back, root @ b, c @ back, d1 * d2)

    def own_response(self, length: int) -> _Matrix:
        """From a segment at rest to what comes out, both as rows."""
        inner = [(self._c @ power @ self._b).item() for power in self._powers(length - 1)]
        response = [self._d, *inner]
        matrix = np.zeros((length, length))
        for row in range(length):
            matrix[row, row:] = response[: length - row]
        return matrix

    def left_behind(self, length: int) -> _Matrix:
        """From a segment to the state behind it, both as rows."""
        return np.vstack([(power @ self._b).T for power in reversed(self._powers(length))])

    def added_by_state(self, length: int) -> _Matrix:
        """From the state before a segment to what it adds, both as rows."""
        return np.vstack([self._c @ power for power in self._powers(length)]).T

    def jumps(self, length: int) -> list[_Matrix]:
        """What becomes of a state (a row) after 1, 2, 4, ... segments, while anything is left."""
        jump = np.linalg.matrix_power(self._a, length).T
        found = []
        while np.abs(jump).max() > _FORGOTTEN:
            found.append(jump)
            jump = jump @ jump
        return found

    def _powers(self, count: int) -> list[_Matrix]:
        powers = [np.eye(self.order)]
        while len(powers) < count:
            powers.append(powers[-1] @ self._a)
        return powers[:count]


def _shelf(sample_rate: int) -> _Biquad:
    k = math.tan(math.pi * _SHELF_HZ / sample_rate)
    high = 10 ** (_SHELF_DB / 20)
    band = high**_SHELF_SLOPE
    a0 = 1 + k / _SHELF_Q + k * k
    return _biquad(
        (
            (high + band * k / _SHELF_Q + k * k) / a0,
            2 * (k * k - high) / a0,
            (high - band * k / _SHELF_Q + k * k) / a0,
        ),
        (2 * (k * k - 1) / a0, (1 - k / _SHELF_Q + k * k) / a0),
    )


def _high_pass(sample_rate: int) -> _Biquad:
    k = math.tan(math.pi * _HIGH_PASS_HZ / sample_rate)
    a0 = 1 + k / _HIGH_PASS_Q + k * k
    return _biquad((1.0, -2.0, 1.0), (2 * (k * k - 1) / a0, (1 - k / _HIGH_PASS_Q + k * k) / a0))


def _biquad(b: tuple[float, float, float], a: tuple[float, float]) -> _Biquad:
    """The state space of (b0 + b1/z + b2/z^2) / (1 + a1/z + a2/z^2), transposed direct form II."""
    (b0, b1, b2), (a1, a2) = b, a
    return (
        np.array([[-a1, 1.0], [-a2, 0.0]]),
        np.array([[b1 - a1 * b0], [b2 - a2 * b0]]),
        np.array([[1.0, 0.0]]),
        b0,
    )
