"""A file and an address of ours that nobody may touch, and that notice it."""

import contextlib
import os
import select
import socket
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from devstack.ports import LOOPBACK


class Canary:
    """A named pipe at `path` and a listener at `url`, inside its `with` block.

    Opening a pipe to write waits until somebody opens it to read: so a thread that is past it
    tells that somebody did.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "canary.ts"
        os.mkfifo(self.path)
        self._read = Event()
        self._watcher = Thread(target=self._watch, daemon=True)
        self._listener = socket.create_server((LOOPBACK, 0))
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}/canary.ts"

    @property
    def was_read(self) -> bool:
        """Whether somebody opened the file."""
        return self._read.is_set()

    @property
    def was_called(self) -> bool:
        """Whether somebody connected to the address."""
        return bool(select.select([self._listener], [], [], 0)[0])

    def _watch(self) -> None:
        with self.path.open("wb"):
            self._read.set()

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        with contextlib.suppress(OSError):
            os.close(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK))
        self._watcher.join(10)
