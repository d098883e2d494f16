"""Hashing beside what else is done with the bytes, on a processor of its own."""

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

_BEHIND_PIECES: Final = 4

# One for all files of a process: it starts its thread with the first piece, and one hashes faster
# than any network brings bytes.
_hashing: Final = ThreadPoolExecutor(1, thread_name_prefix="sha256")


class ThreadedSha256:
    """SHA-256 as hashlib has it, computed by a thread while the caller brings more.

    It may be four pieces behind; whoever brings them faster waits for it.
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._pending: deque[Future[None]] = deque()

    def update(self, data: bytes | memoryview, /) -> None:
        """Take further bytes."""
        self._wait(_BEHIND_PIECES - 1)
        self._pending.append(_hashing.submit(self._sha256.update, data))

    def hexdigest(self) -> str:
        """The hash of all of them."""
        self._wait(0)
        return self._sha256.hexdigest()

    def _wait(self, behind: int) -> None:
        while len(self._pending) > behind:
            self._pending.popleft().result()
