"""The two stages of K-weighting (ITU-R BS.1770) as one recursive filter, and what it makes at once.

A state space is followed over many samples by products of matrices: these are made here, in double
precision, for sounds and states that are rows.
"""

import math
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
_Biquad = tuple[Matrix, Matrix, Matrix, float]  # state space: A, B, C, D

# The two stages for any sample rate; at 48 kHz they are those in BS.1770's tables. Frequencies and
# Q as libebur128 and libavfilter have them, which found them from the tables.
_SHELF_HZ, _SHELF_DB, _SHELF_Q, _SHELF_SLOPE = (
    1681.974450955533,
    3.999843853973347,
    0.7071752369554196,
    0.4996667741545416,
)
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773

_DOUBLINGS: Final = 24  # 2 ** 24 samples: no state lasts so long
_FORGOTTEN: Final = 1e-9


class KWeightingFilter:
    """A filter as s' = A s + B x, y = C s + D x."""

    def __init__(self, a: Matrix, b: Matrix, c: Matrix, d: float) -> None:
        self._a, self._b, self._c, self._d = a, b, c, d
        self.order = len(a)

    @classmethod
    def at(cls, sample_rate: int) -> Self:
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

    def own_response(self, length: int) -> Matrix:
        """From a segment at rest to what comes out, both as rows."""
        inner = [(self._c @ power @ self._b).item() for power in self._powers(length - 1)]
        response = [self._d, *inner]
        matrix = np.zeros((length, length))
        for row in range(length):
            matrix[row, row:] = response[: length - row]
        return matrix

    def left_behind(self, length: int) -> Matrix:
        """From a segment to the state behind it, both as rows."""
        return np.vstack([(power @ self._b).T for power in reversed(self._powers(length))])

    def inside(self, length: int, segments: int) -> Matrix:
        """From what so many segments leave behind to the state before each and behind the last.

        For a group that begins at rest; as rows of states, one behind the other.
        """
        jumps = self._jumps_of_state(length, segments)
        matrix = np.zeros((segments, self.order, segments + 1, self.order))
        for segment in range(segments):
            for later in range(segment, segments):
                matrix[segment, :, later + 1] = jumps[later - segment]
        return matrix.reshape(segments * self.order, -1)

    def carried(self, length: int, segments: int) -> Matrix:
        """From the state before a group of segments to what it adds to the state before each."""
        return np.hstack(self._jumps_of_state(length, segments))

    def added_by_state(self, length: int) -> Matrix:
        """From the state before a segment to what it adds, both as rows."""
        return np.vstack([self._c @ power for power in self._powers(length)]).T

    def jumps(self, length: int) -> list[Matrix]:
        """What becomes of a state (a row) after 1, 2, 4, ... segments, while anything is left."""
        jump = np.linalg.matrix_power(self._a, length).T
        found = []
        while np.abs(jump).max() > _FORGOTTEN:
            found.append(jump)
            jump = jump @ jump
        return found

    def _jumps_of_state(self, length: int, count: int) -> list[Matrix]:
        jump = np.linalg.matrix_power(self._a, length).T
        return [np.linalg.matrix_power(jump, number) for number in range(count)]

    def _powers(self, count: int) -> list[Matrix]:
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
