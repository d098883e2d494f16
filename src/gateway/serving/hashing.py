"""Hashing beside the event loop, on a processor of its own."""

import hashlib
from typing import Any, Final

import gevent
from gevent.monkey import get_original

WAITING_PIECES: Final = 12
"""Of all files of a process; with four, the thread and who brings them waited for each other."""

_WORTHWHILE_BYTES: Final = 64 * 1024
_PAUSE_SECONDS: Final = 0.001

# Not gevent's own thread pool: what it does for each piece costs a quarter of what hashing does.
_start_new_thread: Final = get_original("_thread", "start_new_thread")
_tasks: Final[Any] = get_original("queue", "SimpleQueue")()


class ThreadedSha256:
    """SHA-256 as hashlib has it, computed by a real thread while the caller brings more.

    A few pieces may wait for it, of all files together; whoever brings them faster waits, too.
    """

    _running = False

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._taken = 0
        self._hashed = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take further bytes."""
        if len(data) < _WORTHWHILE_BYTES:
            self._await_all()
            self._sha256.update(data)
            return
        if not ThreadedSha256._running:
            ThreadedSha256._running = True
            _start_new_thread(_hash, ())
        while _tasks.qsize() >= WAITING_PIECES:
            gevent.sleep(_PAUSE_SECONDS)
        self._taken += 1
        _tasks.put((self, data))

    def hexdigest(self) -> str:
        """The hash of all of them."""
        self._await_all()
        return self._sha256.hexdigest()

    def hash(self, data: bytes | memoryview) -> None:
        """Called in the thread."""
        self._sha256.update(data)
        self._hashed += 1

    def _await_all(self) -> None:
        while self._hashed < self._taken:
            gevent.sleep(_PAUSE_SECONDS)


def _hash() -> None:
    while True:
        _hash_next(*_tasks.get())


def _hash_next(digest: ThreadedSha256, data: bytes | memoryview) -> None:
    digest.hash(data)
