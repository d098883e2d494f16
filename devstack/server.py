"""What the private servers have in common: a port on loopback, and data in a folder."""

import socket
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from devstack.daemon import Daemon, bare_environment
from devstack.ports import LOOPBACK
from devstack.process import Process

START_SECONDS = 120.0


class Server(Daemon):
    """One private server; its data and its log stay in `folder` from one start to the next."""

    title: ClassVar[str]

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder.resolve()
        self.port = port
        super().__init__(
            Process(
                self.title,
                self.command(),
                log=self.folder / "log",
                environment=self.environment(),
                folder=self.folder,
            )
        )

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments."""

    @abstractmethod
    def answering(self) -> bool:
        """Whether the server really answers its protocol."""

    def environment(self) -> dict[str, str]:
        """Environment of the program."""
        return bare_environment()

    def prepare(self) -> None:
        """Make what the server needs in its folder before it starts; may be called again."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def launch(self) -> None:
        """Start without waiting, with everything prepared; raises ProgramFailed."""
        self.prepare()
        super().launch()

    def await_ready(self) -> None:
        """Wait until the server answers; raises NotReady with the end of its log."""
        self.process.wait_until(self.answering, START_SECONDS)


def first_bytes(port: int, hello: bytes, count: int) -> bytes:
    """What a server on loopback answers first to `hello`; empty if it does not within 2 s."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(hello)
            return connection.recv(count)
    except OSError:
        return b""
