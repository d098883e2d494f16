"""K-weighting (ITU-R BS.1770): the filter that stands before every measurement of loudness.

A recursive filter goes from sample to sample; numpy does not. So the sound is cut into short
segments, and what the filter makes of all of them is a few products of matrices: what each segment
contributes by itself, the state that it leaves behind, and what the state before it adds. States
are followed from segment to segment within groups, and from group to group. That costs a third of
libavfilter's ebur128, and a sixth of libebur128.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from converter.divisors import divisor_near
from converter.k_weighting_filter import KWeightingFilter, Matrix
from converter.resample import Samples

_BEST_SEGMENT: Final = 45  # samples; the fastest of those tried
_BEST_GROUP: Final = 14  # segments


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
        self._inside, self._carried = products.inside, products.carried
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
        np.matmul(segments, self._own, out=self._filtered)
        np.matmul(self._states(segments), self._adds, out=self._added)
        self._filtered += self._added
        energies = np.vecdot(self._filtered, self._filtered)
        steps = energies.reshape(channels, count // self.step, -1)
        found: NDArray[np.float64] = steps.sum(axis=(0, 2), dtype=np.float64)
        return found

    def _states(self, segments: Samples) -> NDArray[np.float32]:
        """The state before each segment; what is behind the last is kept for the next call."""
        channels, count, _ = segments.shape
        order, per_group = self._carried.shape
        left = np.matmul(segments, self._leaves).reshape(channels, -1, per_group)
        inside = left @ self._inside
        groups = inside.shape[1]
        states = np.empty((channels, groups + 1, order), np.float32)
        states[:, 0] = self._state
        states[:, 1:] = inside[..., per_group:]
        distance = 1
        for jump in self._jumps:  # after each, a state knows of twice as many groups before it
            if distance <= groups:
                states[:, distance:] += states[:, :-distance] @ jump
            distance *= 2
        self._state = states[:, -1].copy()
        before = states[:, :-1] @ self._carried
        before += inside[..., :per_group]
        return before.reshape(channels, count, order)


@dataclass(frozen=True, slots=True)
class Products:
    """The matrices of one sample rate: see the methods of KWeightingFilter that make them."""

    own: NDArray[np.float32]
    leaves: NDArray[np.float32]
    adds: NDArray[np.float32]
    inside: NDArray[np.float32]
    carried: NDArray[np.float32]
    jumps: tuple[NDArray[np.float32], ...]


@cache
def products_for(sample_rate: int) -> Products:
    """What the filter needs at `sample_rate`; it takes as long to make as a second of sound."""
    filter_ = KWeightingFilter.at(sample_rate)
    step = sample_rate // 10
    length = divisor_near(step, _BEST_SEGMENT)
    group = divisor_near(step // length, _BEST_GROUP)
    return Products(
        own=_single(filter_.own_response(length)),
        leaves=_single(filter_.left_behind(length)),
        adds=_single(filter_.added_by_state(length)),
        inside=_single(filter_.inside(length, group)),
        carried=_single(filter_.carried(length, group)),
        jumps=tuple(map(_single, filter_.jumps(length * group))),
    )


def _single(matrix: Matrix) -> NDArray[np.float32]:
    return np.ascontiguousarray(matrix, np.float32)
