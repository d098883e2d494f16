"""A socket whose reader neither wakes up for every packet nor waits for ever."""

import contextlib
import socket
from collections.abc import Callable
from time import monotonic
from typing import Final

from gateway import refusals
from gateway.serving.pace import Pace

WAIT_SECONDS: Final = 1.0


class WatchedSocket:
    """Reads what a client sends, and tells of silence: each second by a call, at last by BrokenOff.

    Its reads raise BrokenOff also for a client that is too slow on the average.
    """

    def __init__(self, connection: socket.socket, stall_seconds: float, pace: Pace) -> None:
        self._connection = connection
        self._stall_seconds = stall_seconds
        self._pace = pace
        self._awaited = 1
        self.while_waiting: Callable[[], None] = _nothing_to_do

    def recv(self, size: int) -> bytes:
        """Bytes that have arrived, at most `size`; b"" at the end of the stream."""
        return self._receive(size, 1)

    def fill(self, size: int) -> bytes:
        """The next `size` bytes, or as many as have come within a second; b"" at the end."""
        return self._receive(size, size)

    def release(self) -> None:
        """Leave the socket as it was found."""
        self._await(1)

    def _receive(self, size: int, awaited: int) -> bytes:
        began = monotonic()
        stalled_at = began + self._stall_seconds
        wait = min(WAIT_SECONDS, self._stall_seconds / 2)
        self._await(awaited)
        try:
            while True:
                self._connection.settimeout(wait)
                with contextlib.suppress(TimeoutError):
                    data = self._connection.recv(size)
                    break
                self.while_waiting()
                self._await(1)
                wait = min(WAIT_SECONDS, stalled_at - monotonic())
                if wait <= 0:
                    raise refusals.body_stalled()
        finally:
            self._connection.settimeout(self._stall_seconds)
        self._pace.add(monotonic() - began, len(data))
        if self._pace.too_slow:
            raise refusals.body_too_slow()
        return data

    def _await(self, count: int) -> None:
        """Have the kernel wake the reader when so many bytes are there (socket(7), SO_RCVLOWAT)."""
        if count != self._awaited:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
            self._awaited = count


def _nothing_to_do() -> None:
    """Nobody has anything to do meanwhile."""
