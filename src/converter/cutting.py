"""Taking a part out of the sound, to the sample."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from chassis.options import ConversionOptions
from converter.resample import Samples


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the sound, in seconds from its start; `end` None: up to its end."""

    start: float = 0.0
    end: float | None = None

    @classmethod
    def of(cls, options: ConversionOptions) -> Self:
        """The part that was asked for."""
        return cls(options.start or 0.0, options.end)

    @property
    def is_all(self) -> bool:
        """Whether nothing is to be left out."""
        return not self.start and self.end is None

    def is_empty(self, sample_rate: int) -> bool:
        """Whether both of its ends are rounded to the same sample."""
        return self.end is not None and round(self.start * sample_rate) >= round(
            self.end * sample_rate
        )

    def length(self, whole: float | None) -> float | None:
        """How many seconds it has of `whole` seconds; None where nobody knows."""
        if whole is None and self.end is None:
            return None
        ends = [end for end in (whole, self.end) if end is not None]
        return max(0.0, min(ends) - self.start)

    def ends_within(self, done: float, sample_rate: int) -> bool:
        """Whether all of it lies within the first `done` seconds, to the sample."""
        return self.end is not None and round(done * sample_rate) >= round(self.end * sample_rate)


def cut(blocks: Iterable[Samples], span: Span, sample_rate: int) -> Iterator[Samples]:
    """The samples of `span`, its ends rounded to samples; what follows them is not asked for."""
    first = round(span.start * sample_rate)
    stop = None if span.end is None else round(span.end * sample_rate)
    position = 0
    for block in blocks:
        count = block.shape[1]
        begin = max(0, first - position)
        end = count if stop is None else min(count, stop - position)
        position += count
        if begin < end:
            yield block[:, begin:end]
        if stop is not None and position >= stop:
            return
