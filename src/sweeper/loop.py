"""The sweeper's loop: each task in its own rhythm, whatever happens to it, until told to stop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Final

import structlog

from chassis.errors import ServiceError
from chassis.health import Heartbeat

log = structlog.get_logger(__name__)

FIRST_BACKOFF: Final = 1.0
LONGEST_BACKOFF: Final = 30.0


@dataclass(slots=True)
class Task:
    """Something done again and again; `run` says after how many seconds it wants to run again."""

    name: str
    run: Callable[[], float]
    next_at: float = 0.0
    failures: int = 0

    def attempt(self) -> None:
        """Run once; after a failure the pauses grow."""
        try:
            pause = self.run()
        except Exception as error:
            pause = min(FIRST_BACKOFF * 2**self.failures, LONGEST_BACKOFF)
            self.failures = min(self.failures + 1, 10)
            if isinstance(error, ServiceError):
                log.warning("a task failed", task=self.name, error=error.detail, again_in=pause)
            else:
                log.exception("a task failed", task=self.name, again_in=pause)
        else:
            self.failures = 0
        self.next_at = monotonic() + pause


def every(seconds: float, action: Callable[[], object]) -> Callable[[], float]:
    """What a Task runs to do `action` again `seconds` after it was done."""

    def run() -> float:
        action()
        return seconds

    return run


def run_tasks(tasks: Sequence[Task], stopping: Event, alive: Heartbeat) -> None:
    """Run each task when its time has come, one after the other, until `stopping` is set."""
    while not stopping.is_set():
        alive.beat()
        for task in tasks:
            if task.next_at <= monotonic() and not stopping.is_set():
                task.attempt()
        stopping.wait(max(0.0, min(task.next_at for task in tasks) - monotonic()))
