"""Requests that are wrong in form: always problem details, never a trace."""

import json
from typing import Any

import pytest

from auth import metrics
from tests.integration.auth.replicas import PASSWORD, Replica, refusal


@pytest.mark.parametrize(
    "path",
    ["/", "/nope", "/users/", "/login/", "//login", "/.well-known/", "/users/a/b", "/login%2f"],
)
def test_an_unknown_address(replica: Replica, path: str) -> None:
    """What is not there is a 404, and never a redirect."""
    assert refusal(replica.client.post(path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/login", {"POST", "OPTIONS"}),
        ("GET", "/validate", {"POST", "OPTIONS"}),
        ("POST", "/.well-known/jwks.json", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/users", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("BREW", "/login", {"POST", "OPTIONS"}),
    ],
)
def test_a_method_that_is_not_taken(
    replica: Replica, method: str, path: str, allowed: set[str]
) -> None:
    """Another method is a 405 that names those that are taken."""
    response = replica.client.open(path, method=method)
    assert refusal(response) == (405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
def test_a_body_that_is_not_called_json(replica: Replica, admin: dict[str, str], kind: str) -> None:
    """A body of another type is a 415."""
    response = replica.client.post("/users", data="{}", content_type=kind, headers=admin)
    assert refusal(response) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'username': 1}",
        b'{"username": "\xff"}',
        b'{"username": "\\ud800", "password": "correct horse"}',
        b"[" * 16_000,
        b'{"a":' * 3_000,
        b'{"username": NaN}',
        b'{"username": ' + b"9" * 5000 + b"}",
        b"\x00",
        json.dumps({"username": "a@b.c", "password": "x"}).encode("utf-16"),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_body_that_is_not_json(replica: Replica, admin: dict[str, str], body: bytes) -> None:
    """Malformed JSON, in whatever way, is a 400."""
    response = replica.client.post(
        "/users", data=body, content_type="application/json", headers=admin
    )
    assert refusal(response) == (400, "invalid_request")


def test_a_body_that_is_too_large(replica: Replica, admin: dict[str, str]) -> None:
    """More than 16 KiB are not read."""
    document = {"username": "ann@example.com", "password": PASSWORD, "x": "y" * 16_384}
    response = replica.client.post("/users", json=document, headers=admin)
    assert refusal(response) == (413, "too_large")


def test_a_fault_of_ours(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody expected is a 500 that tells the client nothing of it."""

    def fail(*_arguments: Any) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(type(replica.accounts.login), "authenticate", fail)
    response = replica.log_in("ann@example.com")
    assert refusal(response) == (500, "internal_error")
    assert "secret" not in response.text


def test_requests_are_measured_by_route(replica: Replica) -> None:
    """Addresses and methods that clients invent make no new time series."""

    def series() -> set[tuple[str, str, str]]:
        (family,) = metrics.REQUEST_SECONDS.collect()
        return {
            (sample.labels["method"], sample.labels["route"], sample.labels["status"])
            for sample in family.samples
        }

    for number in range(3):
        replica.client.get(f"/nope/{number}")
        replica.client.open("/login", method=f"BREW{number}")
    assert ("GET", "unmatched", "404") in series()
    assert not any("nope" in route or "BREW" in method for method, route, _ in series())


def test_logins_are_counted_by_outcome(replica: Replica) -> None:
    """Each login is counted once, under what became of it."""

    def count(outcome: str) -> float:
        return float(metrics.LOGINS.labels(outcome)._value.get())  # noqa: SLF001 - it offers no other way

    outcomes = ("success", "wrong_credentials", "no_credentials", "too_many_failures")
    before = [count(outcome) for outcome in outcomes]
    replica.add("ann@example.com")
    replica.log_in("ann@example.com")
    for _ in range(7):
        replica.log_in("ann@example.com", "wrong password")
    replica.client.post("/login")
    after = [count(outcome) for outcome in outcomes]
    assert [new - old for old, new in zip(before, after, strict=True)] == [1, 5, 1, 2]
