"""Two who do their steps at once: whatever one calls lets steps of the other happen first."""

from collections.abc import Iterator, Sequence
from typing import Any, Self


class Interleaved:
    """Does what `inner` does; before its calls another's steps happen.

    `places` says before which call, counted from 0, each of them does.
    """

    def __init__(
        self,
        inner: object,
        steps: Iterator[None],
        places: Sequence[int],
        counted: Self | None = None,
    ) -> None:
        self._inner = inner
        self._steps = steps
        self._places = list(places)
        self.calls = 0
        self._counted = counted or self

    def beside(self, inner: object) -> Self:
        """The same of another thing, whose calls count with those of this one."""
        return type(self)(inner, self._steps, (), self)

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            self._counted.advance(self._counted.calls)
            self._counted.calls += 1
            return getattr(self._inner, name)(*arguments)

        return call

    def advance(self, place: int) -> None:
        """Take the steps that are due before that call."""
        while self._places and self._places[0] <= place:
            del self._places[0]
            next(self._steps)
