"""What the private servers have in common: a folder, a port, a life cycle."""

import os
import socket
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack.ports import LOOPBACK
from devstack.process import Process

START_SECONDS = 120.0
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Server(ABC):
    """One private server on loopback; its data stay in `folder` from one start to the next."""

    name: str

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.process = Process(
            self.name,
            self.command(),
            log=self.folder / "log",
            environment=self.environment(),
            folder=self.folder,
        )

    @property
    @abstractmethod
    def url(self) -> str:
        """Address with the credentials, as our services take it."""

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments."""

    @abstractmethod
    def answering(self) -> bool:
        """Whether the server really answers its protocol."""

    def environment(self) -> dict[str, str]:
        """Environment of the program: nothing of ours but where to find programs."""
        return {"PATH": os.environ.get("PATH", SEARCH_PATH), "LANG": "C.UTF-8"}

    def prepare(self) -> None:
        """Make what the server needs in its folder before it starts; may be called again."""
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self.process.running

    def launch(self) -> None:
        """Start without waiting; `await_answer` waits."""
        self.prepare()
        self.process.start()

    def await_answer(self) -> None:
        """Wait until the server answers; raises NotReadyError with the end of its log."""
        self.process.wait_until(self.answering, START_SECONDS)

    def start(self) -> None:
        """Start and wait until the server answers; also after `stop` and `kill`."""
        self.launch()
        self.await_answer()

    def stop(self) -> None:
        """End it in good order; data stay."""
        self.process.stop()

    def kill(self) -> None:
        """SIGKILL; `start` brings it back with the same data."""
        self.process.kill()

    def suspend(self) -> None:
        """SIGSTOP: connections stay open, nothing answers."""
        self.process.suspend()

    def resume(self) -> None:
        """SIGCONT."""
        self.process.resume()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def first_bytes(port: int, hello: bytes, count: int) -> bytes:
    """What a server on loopback answers first to `hello`; empty if it does not within 2 s."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(hello)
            return connection.recv(count)
    except OSError:
        return b""
