"""When a client is so slow that it holds its place for nothing."""

from typing import Final

GRACE_SECONDS: Final = 60.0


class Pace:
    """How fast a client sends on the average, over the time in which it was waited for.

    A time in which it is we who do not read is not held against it.
    """

    def __init__(self, least_rate: int) -> None:
        """`least_rate` in bytes a second; 0: no client is too slow."""
        self._least_rate = least_rate
        self._waited = 0.0
        self._received = 0

    def add(self, seconds: float, received: int) -> None:
        """So long was the client waited for, and so many bytes came."""
        self._waited += seconds
        self._received += received

    @property
    def too_slow(self) -> bool:
        """Whether it sends less than the least rate, once its time of grace is over."""
        return self._waited > GRACE_SECONDS and self._received < self._waited * self._least_rate
