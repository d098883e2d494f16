"""Every error has its HTTP answer."""

import inspect
from datetime import timedelta

import pytest

from auth import errors
from auth.errors import TooManyFailures
from auth.web.problems import _ANSWERS, problem_of
from chassis.errors import ServiceError

ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, ServiceError) and kind.__module__ == errors.__name__
]


def test_there_are_errors() -> None:
    """The list that the next test goes through is not empty."""
    assert len(ERRORS) > 10


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_an_answer(kind: type[ServiceError]) -> None:
    """No error that auth raises ends as an unexplained 500."""
    status, headers = _ANSWERS[kind]
    assert 400 <= status < 600
    assert ("WWW-Authenticate" in headers) == (status == 401)


@pytest.mark.parametrize(("wait", "seconds"), [(0.0, "1"), (0.2, "1"), (59.1, "60"), (900, "900")])
def test_a_refusal_says_when_to_come_back(wait: float, seconds: str) -> None:
    """Retry-After is in whole seconds and never too early."""
    problem = problem_of(TooManyFailures(timedelta(seconds=wait)))
    assert (problem.status, problem.headers) == (429, {"Retry-After": seconds})
