"""The sweeper's loop."""

from threading import Event

import pytest

from chassis.errors import StoreUnavailable
from chassis.health import Heartbeat
from sweeper.loop import Task, every, run_tasks


def test_each_task_runs_in_its_own_rhythm() -> None:
    """A task that wants to run again at once does not keep another from its turn."""
    stopping = Event()
    ran = {"often": 0, "seldom": 0}

    def often() -> float:
        ran["often"] += 1
        if ran["often"] == 20:
            stopping.set()
        return 0.0

    def seldom() -> None:
        ran["seldom"] += 1

    run_tasks([Task("often", often), Task("seldom", every(3600, seldom))], stopping, Heartbeat(60))
    assert ran == {"often": 20, "seldom": 1}


def test_it_survives_every_error_with_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an absent store nor a fault of our own ends the loop, or makes it spin."""
    monkeypatch.setattr("sweeper.loop.monotonic", lambda: 100.0)
    errors = [StoreUnavailable("away"), RuntimeError("a bug")] * 4
    pauses: list[float] = []
    task = Task("due jobs", lambda: 5.0)

    def fails() -> float:
        raise errors[len(pauses)]

    task.run = fails
    for _ in errors:
        task.attempt()
        pauses.append(task.next_at - 100.0)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    task.run = lambda: 5.0
    task.attempt()
    assert task.failures == 0


def test_a_failing_task_does_not_stop_another() -> None:
    """Each task has its own fate."""
    stopping = Event()

    def fails() -> float:
        raise StoreUnavailable("away")

    def works() -> float:
        stopping.set()
        return 0.0

    run_tasks([Task("fails", fails), Task("works", works)], stopping, Heartbeat(60))
    assert stopping.is_set()


def test_it_beats_while_it_runs_and_ends_when_told() -> None:
    """Liveness follows the loop; a loop that is told to stop runs no further task."""
    stopping, alive = Event(), Heartbeat(60)
    ran: list[str] = []

    def first() -> float:
        ran.append("first")
        stopping.set()
        return 0.0

    def second() -> float:
        ran.append("second")
        return 0.0

    run_tasks([Task("first", first), Task("second", second)], stopping, alive)
    assert ran == ["first"]
    assert alive()
