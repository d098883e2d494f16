"""What servers and services have in common: a program that runs beside us until it is stopped."""

import os
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from devstack.process import Process

STOP_SECONDS = 60.0  # a service finishes its running work, or gives it back


class Daemon(ABC):
    """A program with a life cycle; after `stop` and `kill`, `start` brings it back."""

    def __init__(self, process: Process) -> None:
        self.process = process

    @property
    def name(self) -> str:
        """What it is called, for people."""
        return self.process.name

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it listens."""

    @property
    def pid(self) -> int:
        """Process id; raises RuntimeError if it was not started."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self.process.running

    def launch(self) -> None:
        """Start without waiting; `await_ready` waits."""
        self.process.start()

    @abstractmethod
    def await_ready(self) -> None:
        """Wait until it really answers; raises NotReady with the end of its log."""

    def start(self) -> None:
        """Start, and wait until it really answers; raises ProgramFailed."""
        self.launch()
        self.await_ready()

    def stop(self) -> None:
        """SIGTERM, and wait until it has ended; after a minute SIGKILL."""
        self.process.stop(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL it and its children."""
        self.process.kill()

    def suspend(self) -> None:
        """SIGSTOP it and its children: connections stay open, nothing answers."""
        self.process.suspend()

    def resume(self) -> None:
        """SIGCONT it and its children."""
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


def bare_environment() -> dict[str, str]:
    """An environment that says where programs are, and nothing else of ours."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
