"""SIGTERM: no new work, running work finished, nothing half left behind."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from chassis import moves
from chassis.jobs import State
from devstack.services import Service
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.running import LINK_SECRET, RunningGateway, head, read_answer
from tests.multipart_forms import CONTENT_TYPE, file_part, form
from tests.waiting import wait_for

DATA = bytes(range(256)) * 20_000
BODY = form(file_part(DATA))


def upload_head(gateway: RunningGateway, user: str) -> bytes:
    token = gateway.bearer(user)["Authorization"]
    return head(
        "POST /upload",
        f"Authorization: {token}",
        f"Content-Type: {CONTENT_TYPE}",
        f"Content-Length: {len(BODY)}",
    )


def terminate(gateway: RunningGateway) -> None:
    assert gateway.service.process._popen  # noqa: SLF001 - a signal without waiting for its effect
    gateway.service.process._popen.send_signal(signal.SIGTERM)  # noqa: SLF001 - the same


def refuses_connections(gateway: RunningGateway) -> Callable[[], bool]:
    def refused() -> bool:
        try:
            gateway.connect().close()
        except ConnectionRefusedError:
            return True
        return False

    return refused


def test_a_request_under_way_is_finished(start_gateway: StartGateway) -> None:
    """An upload that had begun ends with 202 and its file whole, then the process ends with 0."""
    gateway = start_gateway(grace_seconds=30)
    user = gateway.user()
    with gateway.connect() as connection:
        connection.sendall(upload_head(gateway, user) + BODY[:2_000_000])
        wait_for(lambda: bool(gateway.jobs.newest(user, 1)))
        terminate(gateway)
        wait_for(refuses_connections(gateway))
        connection.sendall(BODY[2_000_000:])
        answer = read_answer(connection)
    assert answer.status == 202
    assert answer.headers["connection"] == "close"
    assert gateway.service.process.wait(30) == 0
    assert gateway.stored_video(gateway.only_job(user)).read() == DATA


def test_readiness_goes_red_first(start_gateway: StartGateway) -> None:
    """Told to stop, it says that it is not ready while it still serves whoever comes."""
    gateway = start_gateway(drain_seconds=5)
    user = gateway.user()
    with requests.Session() as session:
        session.get(f"{gateway.url}/healthz", timeout=10)
        terminate(gateway)
        wait_for(lambda: gateway.request("GET", "/readyz").status_code == 503)
        assert gateway.request("GET", "/readyz").json()["accepting"] == "failed"
        assert gateway.upload(user, DATA).status_code == 202
        answer = session.get(f"{gateway.url}/healthz", timeout=10)
        assert answer.status_code == 200
        assert answer.headers["Connection"] == "close"
    assert gateway.service.process.wait(30) == 0


def test_an_idle_connection_does_not_hold_it_up(start_gateway: StartGateway) -> None:
    """Connections without a request under way are closed."""
    gateway = start_gateway(idle_seconds=600, grace_seconds=600)
    with gateway.connect() as connection, gateway.connect() as silent:
        connection.sendall(head("GET /healthz"))
        assert read_answer(connection).status == 200
        terminate(gateway)
        assert gateway.service.process.wait(30) == 0
        assert connection.recv(1) == b""
        assert silent.recv(1) == b""


def test_what_takes_too_long_is_given_up(start_gateway: StartGateway) -> None:
    """After the grace time an upload is ended in good order: failed job, no chunks."""
    gateway = start_gateway(grace_seconds=1)
    user = gateway.user()
    with gateway.connect() as connection:
        connection.sendall(upload_head(gateway, user) + BODY[:3_000_000])
        wait_for(lambda: bool(gateway.jobs.newest(user, 1)))
        job = gateway.only_job(user)
        began = time.monotonic()
        terminate(gateway)
        assert gateway.service.process.wait(30) == 0
        assert time.monotonic() - began > 1
    ended = gateway.only_job(user)
    assert ended.state is State.FAILED
    assert ended.failure == moves.INTERRUPTED
    assert gateway.nothing_stored(job)


@pytest.mark.parametrize("setting", ["PUBLIC_URL", "AUTH_URL", "LINK_SECRET", "MONGODB_URL"])
def test_a_missing_setting_stops_the_start(tmp_path: Path, setting: str) -> None:
    """Exit code 2, and the setting is named."""
    settings = {
        "MONGODB_URL": "mongodb://127.0.0.1:1/",
        "AMQP_URL": "amqp://127.0.0.1:1/",
        "AUTH_URL": "http://127.0.0.1:1",
        "PUBLIC_URL": "http://127.0.0.1:1",
        "LINK_SECRET": LINK_SECRET,
    }
    del settings[setting]
    service = Service("gateway", settings, tmp_path)
    service.launch()
    assert service.process.wait(30) == 2
    assert setting in service.process.output()
