"""Catching up with a database that comes later."""

from threading import Event

import pytest

from auth import preparation
from auth.errors import AccountsUnavailable
from auth.preparation import Preparation, when_reachable
from tests.waiting import wait_for


def test_it_is_done_when_it_has_succeeded() -> None:
    """Not done before the work is, done afterwards."""
    go = Event()
    subject = Preparation(lambda: assert_true(go.wait(60)))
    subject.start()
    assert not subject.done
    go.set()
    wait_for(lambda: subject.done)


@pytest.mark.parametrize("error", [AccountsUnavailable(), RuntimeError("a bad migration")])
def test_it_goes_on_after_errors(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong is tried again, until it goes right."""
    monkeypatch.setattr(preparation, "FIRST_PAUSE_SECONDS", 0.001)
    attempts = []

    def prepare() -> None:
        attempts.append(1)
        if len(attempts) < 4:
            raise error

    subject = Preparation(prepare)
    subject.start()
    wait_for(lambda: subject.done)
    assert len(attempts) == 4


def test_a_shell_may_wait_for_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done when the database is there is done once, and its own errors are raised."""
    monkeypatch.setattr(preparation, "FIRST_PAUSE_SECONDS", 0.001)
    outcomes: list[Exception | None] = [AccountsUnavailable(), AccountsUnavailable(), None]

    def work() -> None:
        if outcome := outcomes.pop(0):
            raise outcome

    when_reachable(work)
    assert outcomes == []
    outcomes.append(RuntimeError("a bad migration"))
    with pytest.raises(RuntimeError):
        when_reachable(work)


def assert_true(value: object) -> None:
    assert value
