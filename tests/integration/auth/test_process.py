"""`python -m auth serve` as a real process, with curl."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest
from sqlalchemy import text

from auth.database import connect
from devstack.mariadb import MariaDB
from devstack.ports import LOOPBACK, free_port
from devstack.process import answers
from devstack.services import Service
from tests.integration.auth.curl import EMAIL, PASSWORD, curl, log_in, status
from tests.waiting import wait_for

NewService = Callable[..., Service]


@pytest.fixture
def new_service(tmp_path: Path, signing_keys: str) -> Iterator[NewService]:
    """Makes replicas of auth, not started yet; they end with the test."""
    services: list[Service] = []

    def make(mysql_url: str, **settings: str) -> Service:
        environ = {
            "MYSQL_URL": mysql_url,
            "SIGNING_KEYS": signing_keys,
            "ADMIN_EMAIL": EMAIL,
            "ADMIN_PASSWORD": PASSWORD,
        }
        services.append(Service("auth", environ | settings, tmp_path, replica=len(services)))
        return services[-1]

    yield make
    for service in services:
        service.stop()


def test_the_journey_of_an_account(mysql_url: str, new_service: NewService) -> None:
    """On an empty database the service makes its tables and the first admin, and curl does it all.

    What it logs are JSON lines without a password or a token.
    """
    service = new_service(mysql_url)
    service.start()
    token = log_in(service)
    assert token.count(".") == 2
    bearer = ("-H", f"Authorization: Bearer {token}")
    claims = json.loads(curl("-X", "POST", f"{service.url}/validate", *bearer))
    assert (claims["username"], claims["admin"]) == (EMAIL, True)
    asked = curl(
        *("-X", "POST", f"{service.url}/login", "-u", f"{EMAIL}:{PASSWORD}"),
        *("-H", "Accept: application/json"),
    )
    assert json.loads(asked)["token_type"] == "Bearer"
    document = json.dumps({"username": "ann@example.com", "password": "a password of ann"})
    added = json.loads(curl(f"{service.url}/users", *bearer, "--json", document))
    assert len(json.loads(curl(f"{service.url}/users", *bearer))["users"]) == 2
    user = f"{service.url}/users/{added['id']}"
    changed = json.loads(curl("-X", "PATCH", user, *bearer, "--json", '{"active": false}'))
    assert changed["active"] is False
    assert status("-X", "DELETE", user, *bearer) == 204
    passwords = json.dumps({"current_password": PASSWORD, "new_password": "battery horse"})
    address = f"{service.url}/account/password"
    assert status("-X", "PUT", address, *bearer, "--json", passwords) == 204
    assert status("-X", "POST", f"{service.url}/login", "-u", f"{EMAIL}:{PASSWORD}") == 401
    assert status("-X", "POST", f"{service.url}/login", "-u", f"{EMAIL}:battery horse") == 200
    assert status(f"{service.url}/.well-known/jwks.json") == 200

    measured = curl(service.metrics_url)
    assert 'auth_logins_total{outcome="success"} 3.0' in measured
    assert 'auth_logins_total{outcome="wrong_credentials"} 1.0' in measured
    assert 'auth_request_duration_seconds_count{method="POST",route="/login",status="200"} 3.0' in (
        measured
    )
    assert status(f"{service.url}/metrics") == 404

    service.stop()
    lines = [json.loads(line) for line in service.process.output().splitlines()]
    assert {line["service"] for line in lines} == {"auth"}
    served = [line for line in lines if line["message"] == "request served"]
    assert any(line["route"] == "/users/<text>" and line["user_id"] for line in served)
    for secret in (PASSWORD, "battery horse", "a password of ann", token, token.split(".")[2]):
        assert secret not in service.process.output()


def test_replicas_start_together_on_an_empty_database(
    mysql_url: str, new_service: NewService
) -> None:
    """Three replicas that start at once all get ready, with one first admin between them."""
    replicas = [new_service(mysql_url) for _ in range(3)]
    for replica in replicas:
        replica.launch()
    for replica in replicas:
        replica.await_ready()
    tokens = [log_in(replica) for replica in replicas]
    for replica in replicas:
        for token in tokens:
            header = f"Authorization: Bearer {token}"
            assert status("-X", "POST", f"{replica.url}/validate", "-H", header) == 200
    users = curl(f"{replicas[0].url}/users", "-H", f"Authorization: Bearer {tokens[0]}")
    assert len(json.loads(users)["users"]) == 1


def test_it_starts_without_its_database(tmp_path: Path, new_service: NewService) -> None:
    """Started while MariaDB is down it serves its keys, says that it is not ready, and catches up.

    When MariaDB goes away again it is not ready, and lives.
    """
    database = MariaDB(tmp_path / "mariadb", free_port())
    service = new_service(database.url)
    service.launch()
    wait_for(lambda: answers(f"{service.url}/healthz"))
    assert status(f"{service.url}/readyz") == 503
    assert status(f"{service.url}/.well-known/jwks.json") == 200
    assert status("-X", "POST", f"{service.url}/login", "-u", f"{EMAIL}:{PASSWORD}") == 503
    with database:
        service.await_ready()
        assert log_in(service)
        database.kill()
        assert status(f"{service.url}/readyz") == 503
        assert status(f"{service.url}/healthz") == 200
        database.start()
        service.await_ready()
        assert log_in(service)


def test_running_requests_are_finished_at_sigterm(mysql_url: str, new_service: NewService) -> None:
    """At SIGTERM a login under way gets its token, new ones are not taken, and auth ends with 0."""
    service = new_service(mysql_url)
    service.start()
    address = f"{service.url}/login"
    assert status("-X", "POST", address, "-u", f"{EMAIL}:wrong password") == 401
    engine = connect(mysql_url, pool_size=2)
    answered: list[str] = []
    client = Thread(target=lambda: answered.append(log_in(service)))
    with engine.connect() as blocker:
        # The login must wait for this row when it wants to forget the failure before it.
        blocker.execute(text("SELECT * FROM failed_logins FOR UPDATE"))
        client.start()
        waiting = text(
            "SELECT COUNT(*) FROM information_schema.processlist"
            " WHERE info LIKE 'SELECT%failed_logins%FOR UPDATE' AND id <> CONNECTION_ID()"
        )

        def login_waits() -> bool:
            with engine.connect() as watcher:
                return bool(watcher.scalar(waiting) == 1)

        wait_for(login_waits)
        psutil.Process(service.pid).terminate()
        service.process.wait_for_line("Handling signal: term", 30)
        wait_for(lambda: not answers(f"{service.url}/healthz"))
        assert answered == []
    client.join(60)
    engine.dispose()
    assert answered[0].count(".") == 2
    assert service.process.wait(60) == 0


def test_a_worker_that_dies_is_replaced(mysql_url: str, new_service: NewService) -> None:
    """When the serving process is killed another one takes over, metrics included."""
    service = new_service(mysql_url)
    service.start()
    (worker,) = psutil.Process(service.pid).children()
    os.kill(worker.pid, 9)
    worker.wait(30)
    wait_for(lambda: answers(f"{service.url}/readyz"))
    assert log_in(service)
    assert "auth_logins_total" in curl(service.metrics_url)


def test_a_port_that_is_taken_ends_the_start(mysql_url: str, new_service: NewService) -> None:
    """A service that cannot listen says so and ends, so that its platform sees it."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        service = new_service(mysql_url, METRICS_PORT=str(taken.getsockname()[1]))
        service.launch()
        assert service.process.wait(60) != 0
        assert "Address already in use" in service.process.output()
