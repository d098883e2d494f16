"""What happened, and when: requests, promises, cuts and phases, written down from many threads."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True)
class Request:
    """One request; `fault` says what was wrong with its answer, empty if nothing was."""

    kind: str
    began: float
    ended: float
    fault: str


@dataclass(frozen=True)
class Kill:
    """A pod of `service` that was killed."""

    service: str
    at: float


@dataclass(frozen=True)
class Phase:
    """A part of the test."""

    name: str
    began: float
    ended: float


class Journal:
    """Times are seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.requests: list[Request] = []
        self.promised: dict[str, float] = {}
        self.kills: list[Kill] = []
        self.phases: list[Phase] = []

    @staticmethod
    def now() -> float:
        """The time."""
        return time.monotonic()

    def request(self, kind: str, began: float, fault: str) -> None:
        """A request has ended just now."""
        with self._lock:
            self.requests.append(Request(kind, began, self.now(), fault))

    def promise(self, fid: str) -> None:
        """An upload was answered with 202."""
        with self._lock:
            self.promised[fid] = self.now()

    def kill(self, service: str) -> None:
        """A pod is about to be killed."""
        with self._lock:
            self.kills.append(Kill(service, self.now()))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """What happens meanwhile belongs to the phase."""
        began = self.now()
        yield
        self.phases.append(Phase(name, began, self.now()))
