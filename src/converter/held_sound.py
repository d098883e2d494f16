"""How much sound is held in memory while encoders work on it, and waiting for them to use it up."""

from collections.abc import Callable
from threading import Condition


class HeldSound:
    """Counts the bytes of sound that blocks hold; up to `limit` there is room for more.

    `changed` guards what blocks share with their encoders, and is notified when that changes.
    """

    def __init__(self, limit: int) -> None:
        self.changed = Condition()
        self._limit = limit
        self._bytes = 0

    def add(self, count: int) -> None:
        """So many bytes are held from now on."""
        with self.changed:
            self._bytes += count

    def drop(self, count: int) -> None:
        """So many bytes are held no longer."""
        with self.changed:
            self._bytes -= count
            self.changed.notify()

    def note_change(self) -> None:
        """Something else has changed that `wait_until` may wait for."""
        with self.changed:
            self.changed.notify()

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait for room or for what `ready` tells, which is asked once more at each change."""
        with self.changed:
            self.changed.wait_for(lambda: ready() or self._bytes < self._limit)
