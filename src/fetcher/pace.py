"""Whether bytes come fast enough, judged by the last minute in which they were awaited."""

from collections import deque
from typing import Final

WINDOW_SECONDS: Final = 60.0


class Pace:
    """Takes how much has come by when; pauses between connections are no part of that time."""

    def __init__(self, least_rate: float) -> None:
        self._least = least_rate * WINDOW_SECONDS
        self._seen: deque[tuple[float, int]] = deque()

    def is_too_slow(self, seconds: float, received: int) -> bool:
        """Note that `received` bytes came within `seconds` of waiting; whether that is too few.

        Nothing is too slow before a whole minute.
        """
        self._seen.append((seconds, received))
        while len(self._seen) > 1 and self._seen[1][0] <= seconds - WINDOW_SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        return seconds - since >= WINDOW_SECONDS and received - before < self._least
