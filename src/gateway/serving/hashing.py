"""Hashing beside the event loop, on a processor of its own."""

import hashlib
from typing import Any, Final

import gevent
from gevent.monkey import get_original

_WORTHWHILE_BYTES: Final = 64 * 1024
_BEHIND_PIECES: Final = 8
_PAUSE_SECONDS: Final = 0.001

# Not gevent's own thread pool: what it does for each piece costs a quarter of what hashing does.
_start_new_thread: Final = get_original("_thread", "start_new_thread")
_tasks: Final[Any] = get_original("queue", "SimpleQueue")()


class ThreadedSha256:
    """SHA-256 as hashlib has it, computed by a real thread while the caller brings more.

    It may be eight pieces behind; whoever brings them faster waits for it.
    """

    _running = False

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._taken = 0
        self._hashed = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take further bytes."""
        if len(data) < _WORTHWHILE_BYTES:
            self._wait(0)
            self._sha256.update(data)
            return
        if not ThreadedSha256._running:
            ThreadedSha256._running = True
            _start_new_thread(_hash, ())
        self._wait(_BEHIND_PIECES - 1)
        self._taken += 1
        _tasks.put((self, data))

    def hexdigest(self) -> str:
        """The hash of all of them."""
        self._wait(0)
        return self._sha256.hexdigest()

    def hash(self, data: bytes | memoryview) -> None:
        """Called in the thread."""
        self._sha256.update(data)
        self._hashed += 1

    def _wait(self, behind: int) -> None:
        while self._taken - self._hashed > behind:
            gevent.sleep(_PAUSE_SECONDS)


def _hash() -> None:
    while True:
        _hash_next(*_tasks.get())


def _hash_next(digest: ThreadedSha256, data: bytes | memoryview) -> None:
    digest.hash(data)
