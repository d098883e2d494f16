"""Health tells the truth, and metrics count what happened."""

import resource
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from devstack.mongodb import MongoDB
from devstack.ports import free_port
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.key_server import KeyServer
from tests.integration.gateway.running import RunningGateway
from tests.waiting import wait_for


def test_it_is_alive_and_ready(gateway: RunningGateway) -> None:
    """With MongoDB and auth's keys there is nothing to complain of."""
    assert gateway.request("GET", "/healthz").json() == {"status": "ok"}
    assert gateway.request("GET", "/readyz").json() == {
        "mongodb": "ok",
        "keys": "ok",
        "accepting": "ok",
    }


def test_mongodb_comes_and_goes(
    start_gateway: StartGateway, key_server: KeyServer, tmp_path: Path
) -> None:
    """It starts without MongoDB, is ready once that is there, and says when it is away again."""
    mongodb = MongoDB(tmp_path / "mongodb", free_port())
    gateway = start_gateway(mongodb_url=mongodb.url, ready=False)
    assert gateway.request("GET", "/healthz").status_code == 200
    assert gateway.request("GET", "/readyz").status_code == 503
    with mongodb:
        gateway.service.await_ready()
        user = gateway.user()
        fid = gateway.upload(user, b"video").json()["fid"]
        indexes = gateway.client["jobs"]["jobs"].index_information()
        assert any(index.get("unique") for index in indexes.values())
    wait_for(lambda: gateway.request("GET", "/readyz").status_code == 503)
    assert gateway.request("GET", "/readyz").json()["mongodb"] == "failed"
    assert gateway.request("GET", "/healthz").status_code == 200
    for answer in (
        gateway.request("GET", f"/jobs/{fid}", user),
        gateway.request("GET", f"/download?fid={fid}", user),
        gateway.upload(user, b"video"),
    ):
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "store_unavailable"
        assert int(answer.headers["Retry-After"]) > 0
    mongodb.start()
    wait_for(lambda: gateway.request("GET", "/readyz").status_code == 200)
    assert gateway.request("GET", f"/jobs/{fid}", user).status_code == 200
    mongodb.stop()


def test_requests_are_counted(gateway: RunningGateway) -> None:
    """By route and status, with the bytes in and out; the route is a pattern, not each path."""
    user = gateway.user()
    before = {
        name: gateway.metric(name, route="/upload")
        for name in ("http_received_bytes_total", "http_request_duration_seconds_count")
    }
    fid = gateway.upload(user, b"x" * 1_000_000).json()["fid"]
    gateway.request("GET", f"/jobs/{fid}", user)
    gateway.request("GET", "/nowhere")
    received = gateway.metric("http_received_bytes_total", route="/upload")
    assert 1_000_000 < received - before["http_received_bytes_total"] < 1_001_000
    assert (
        gateway.metric("http_request_duration_seconds_count", route="/upload")
        == before["http_request_duration_seconds_count"] + 1
    )
    assert gateway.metric("http_requests_total", method="GET", route="/jobs/<fid>", status="200")
    assert gateway.metric("http_requests_total", route="unmatched", status="404")
    assert gateway.metric("messages_published_total", queue="video", outcome="confirmed")
    job = gateway.ready_job(user, b"y" * 500_000)
    sent = gateway.metric("http_sent_bytes_total", route="/download")
    gateway.request("GET", f"/download?fid={job.fid}", user)
    assert gateway.metric("http_sent_bytes_total", route="/download") == sent + 500_000
    assert gateway.metric("uploads_under_way") == 0


def test_metrics_are_not_public(gateway: RunningGateway) -> None:
    """/metrics stands on its own port only, and invented methods make no new series."""
    assert gateway.request("GET", "/metrics").status_code == 404
    for number in range(3):
        gateway.request(f"INVENTED{number}", "/jobs")
    text = requests.get(gateway.service.metrics_url, timeout=30).text
    assert "INVENTED" not in text


def test_probes_are_not_logged(gateway: RunningGateway) -> None:
    """Probes come every few seconds: they are not worth a line."""
    gateway.request("GET", "/healthz")
    assert not [line for line in gateway.log_lines() if line.get("route") == "/healthz"]


@pytest.mark.parametrize("path", ["/jobs", "/nowhere"])
def test_answers_are_not_for_browsers_to_guess(gateway: RunningGateway, path: str) -> None:
    """No answer can be taken for a page."""
    headers = gateway.request("GET", path, gateway.user()).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_it_may_open_a_file_for_each_connection(start_gateway: StartGateway) -> None:
    """Started where 256 open files are allowed, it allows itself what its connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        gateway = start_gateway(max_connections=500)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(gateway.connect())
        assert gateway.request("GET", "/readyz").status_code == 200
