"""Replicas of auth inside the test's own process: the application on a real database."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from auth import keys
from auth.accounts import Account
from auth.app import create_app
from auth.passwords import Passwords
from auth.settings import AuthSettings
from auth.wiring import Accounts
from chassis.settings import read_settings

SIGNING_KEYS = keys.generate()
PASSWORD = "correct horse"
ADMIN = "admin@example.com"


@dataclass
class Clock:
    """Time as the test has it."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


class CountingPasswords(Passwords):
    """Cheap hashes, and how often one was checked or made."""

    def __init__(self, memory_kib: int = 8) -> None:
        self.work: list[str] = []
        super().__init__(memory_kib=memory_kib, passes=1)
        self.work.clear()

    def hash(self, password: str) -> str:
        self.work.append("hash")
        return super().hash(password)

    def verify(self, stored: str | None, password: str) -> bool:
        self.work.append("verify")
        return super().verify(stored, password)


class Replica:
    """One replica, with a client that speaks to it."""

    def __init__(self, mysql_url: str, clock: Clock, passwords: CountingPasswords) -> None:
        environ = {"MYSQL_URL": mysql_url, "SIGNING_KEYS": SIGNING_KEYS}
        settings = read_settings(AuthSettings, environ)
        self.clock = clock
        self.passwords = passwords
        self.accounts = Accounts.build(settings, connections=8, clock=clock, passwords=passwords)
        self.app = create_app(settings, self.accounts, ready={})

    @property
    def client(self) -> FlaskClient:
        """A client; make one for each thread."""
        return self.app.test_client()

    def add(self, username: str, *, admin: bool = False) -> Account:
        """An account with PASSWORD."""
        return self.accounts.management.add(username, PASSWORD, admin=admin)

    def log_in(self, username: str, password: str = PASSWORD, **headers: str) -> TestResponse:
        """POST /login."""
        return self.client.post("/login", headers={**basic(username, password), **headers})

    def token(self, username: str) -> dict[str, str]:
        """The header with a token of this user."""
        response = self.log_in(username)
        assert response.status_code == 200, response.text
        return {"Authorization": f"Bearer {response.text}"}

    def close(self) -> None:
        self.accounts.engine.dispose()


def basic(username: str, password: str) -> dict[str, str]:
    """The header that HTTP Basic sends."""
    return {"Authorization": f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"}


def refusal(response: TestResponse) -> tuple[int, Any]:
    """Status and code of an answer, which must be whole problem details."""
    assert response.mimetype == "application/problem+json"
    problem = response.get_json(force=True)
    assert set(problem) == {"type", "title", "status", "detail", "code"}
    assert problem["status"] == response.status_code
    assert "Traceback" not in response.text
    return response.status_code, problem["code"]
