"""Handing bytes on from one socket to another, without copying them through this process.

splice(2) moves what has come from a socket into a pipe and from there into the other socket, and
Python lets other threads run meanwhile: one call each for up to half a mebibyte.
"""

import fcntl
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from time import monotonic
from typing import Final

_PIPE_BYTES: Final = 512 * 1024
_DROPPED: Final = 64 * 1024
_TIMEVAL: Final = struct.Struct("ll")  # seconds and microseconds, as socket(7) takes them


class Stalled(OSError):
    """Neither side has sent anything, or the one does not take what the other sends."""


class IdleWatch:
    """Knows when something was moved last, in either direction."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._last = monotonic()

    def moved(self) -> None:
        """Something was moved just now."""
        self._last = monotonic()

    def check(self) -> None:
        """Returns if something was moved within the limit; raises Stalled."""
        if monotonic() - self._last >= self.seconds:
            raise Stalled


def exchange(
    client: socket.socket, site: socket.socket, seconds: float, count: Callable[[int], None]
) -> None:
    """Hand on what both send, until both have ended or neither has moved a byte for `seconds`.

    Tells `count` how many bytes came from the site. Raises OSError where a connection broke.
    """
    watch = IdleWatch(seconds)
    upwards = Thread(target=_upwards, args=(client, site, watch), name="guard-up", daemon=True)
    upwards.start()
    try:
        move(site, client, watch, count)
        client.shutdown(socket.SHUT_WR)
        upwards.join()
    finally:
        cut(client)
        cut(site)
        upwards.join()


def _upwards(client: socket.socket, site: socket.socket, watch: IdleWatch) -> None:
    try:
        move(client, site, watch, lambda _: None)
        site.shutdown(socket.SHUT_WR)
    except OSError:
        # What a client has sent is to be read before its connection is closed: otherwise it is
        # reset, and what the site has sent last may be lost.
        with suppress(OSError):
            while client.recv(_DROPPED):
                pass


def move(
    source: socket.socket,
    target: socket.socket,
    watch: IdleWatch,
    count: Callable[[int], None],
    limit: int | None = None,
) -> None:
    """Hand on what comes from `source` until it ends, or until `limit` bytes are moved.

    Tells `count` of the bytes as they come. Raises Stalled, OSError.
    """
    _block(source, socket.SO_RCVTIMEO, watch.seconds)
    _block(target, socket.SO_SNDTIMEO, watch.seconds)
    left = limit
    if left == 0:
        return
    with _pipe() as (inlet, outlet):
        while left is None or left > 0:
            here = _spliced(
                source.fileno(),
                outlet,
                _PIPE_BYTES if left is None else min(left, _PIPE_BYTES),
                watch,
            )
            if here == 0:
                return
            count(here)
            if left is not None:
                left -= here
            while here:
                here -= _spliced(inlet, target.fileno(), here, watch)


def cut(connection: socket.socket) -> None:
    """End it at once, for whoever waits on it in any thread; it is to be closed afterwards."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def reset_at_close(connection: socket.socket) -> None:
    """Its end will be no orderly one: the peer is to see that something is missing."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _spliced(source: int, target: int, most: int, watch: IdleWatch) -> int:
    while True:
        try:
            moved = os.splice(source, target, most)
        except BlockingIOError:  # the socket's time limit is over
            watch.check()
        else:
            watch.moved()
            return moved


def _block(connection: socket.socket, limit: int, seconds: float) -> None:
    """Let calls block in the kernel, up to `seconds`."""
    connection.setblocking(True)
    whole, part = divmod(seconds, 1)
    connection.setsockopt(
        socket.SOL_SOCKET, limit, _TIMEVAL.pack(int(whole), int(part * 1_000_000))
    )


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """A pipe's end to read from and its end to write to."""
    inlet, outlet = os.pipe()
    try:
        # A user may have that much in some hundred pipes; further ones stay as small as they are.
        with suppress(PermissionError):
            fcntl.fcntl(outlet, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        yield inlet, outlet
    finally:
        os.close(inlet)
        os.close(outlet)
