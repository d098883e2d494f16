"""Clients that stall are in nobody's way, and are let go after a while."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from chassis import moves
from chassis.jobs import State
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.running import RunningGateway, head, read_answer
from tests.multipart_forms import CONTENT_TYPE, file_part, form
from tests.waiting import wait_for

STALLED = 200
BODY = form(file_part(b"x" * 3_000_000))


@pytest.fixture(scope="module")
def impatient(start_gateway: StartGateway) -> RunningGateway:
    return start_gateway(stall_seconds=2, idle_seconds=2, lease_seconds=1)


def upload_head(gateway: RunningGateway, user: str, framing: str) -> bytes:
    token = gateway.bearer(user)["Authorization"]
    return head("POST /upload", f"Authorization: {token}", f"Content-Type: {CONTENT_TYPE}", framing)


def test_two_hundred_that_stall_after_their_header(gateway: RunningGateway) -> None:
    """While 200 clients have sent a header and no more, others work as if they were alone."""
    user = gateway.user()
    token = gateway.bearer(user)["Authorization"]
    stalled_upload = head(
        "POST /upload",
        f"Authorization: {token}",
        f"Content-Type: {CONTENT_TYPE}",
        "Content-Length: 1000000",
    )
    stalls = [stalled_upload, stalled_upload + BODY[:2000], b"GET /jobs HTTP/1.1\r\nHost:", b""]
    with ExitStack() as stack:
        connections = [stack.enter_context(gateway.connect()) for _ in range(STALLED)]
        for number, connection in enumerate(connections):
            connection.sendall(stalls[number % len(stalls)])
        other = gateway.user()
        job = gateway.ready_job(other, b"y" * 2_000_000)
        with ThreadPoolExecutor(8) as pool:
            uploads = [pool.submit(gateway.upload, other, b"v" * 500_000) for _ in range(16)]
            downloads = [
                pool.submit(gateway.request, "GET", f"/download?fid={job.fid}", other)
                for _ in range(16)
            ]
        assert {future.result().status_code for future in uploads} == {202}
        assert {len(future.result().content) for future in downloads} == {2_000_000}
        assert gateway.request("GET", "/readyz").status_code == 200
        # They are still there: it is beside them that the others worked.
        connections[0].setblocking(False)
        with pytest.raises(BlockingIOError):
            connections[0].recv(1)


@pytest.mark.parametrize("framing", [f"Content-Length: {len(BODY)}", "Transfer-Encoding: chunked"])
def test_a_body_that_stalls(impatient: RunningGateway, framing: str) -> None:
    """408 after the stall time, the connection closed; job and chunks are given up."""
    user = impatient.user()
    with impatient.connect() as connection:
        chunk = BODY[:2_500_000]
        encoded = b"%x\r\n%s\r\n" % (len(chunk), chunk) if "chunked" in framing else chunk
        connection.sendall(upload_head(impatient, user, framing) + encoded)
        wait_for(lambda: bool(impatient.jobs.newest(user, 1)))
        job = impatient.only_job(user)
        answer = read_answer(connection)
        assert answer.status == 408
        assert answer.problem["code"] == "body_stalled"
        assert answer.headers["connection"] == "close"
    assert impatient.only_job(user).state is State.FAILED
    assert impatient.only_job(user).failure == moves.INTERRUPTED
    wait_for(lambda: impatient.nothing_stored(job))


def test_a_header_that_stalls(impatient: RunningGateway) -> None:
    """A connection that does not bring its header in time is closed."""
    for beginning in (b"", b"GET /jobs HTTP/1.1\r\nHost: x\r\n"):
        with impatient.connect() as connection:
            connection.sendall(beginning)
            assert connection.recv(1000) == b""


def test_an_idle_connection(impatient: RunningGateway) -> None:
    """A connection that brings no further request is closed."""
    with impatient.connect() as connection:
        connection.sendall(head("GET /healthz"))
        assert read_answer(connection).status == 200
        assert connection.recv(1000) == b""


def test_a_small_body_that_stalls(impatient: RunningGateway) -> None:
    """The bodies of logins have the same limit."""
    answer = impatient.exchange(head("POST /login", "Content-Length: 10") + b"{")
    assert answer.status == 408


def test_a_download_that_nobody_takes(impatient: RunningGateway) -> None:
    """A client that stops reading is let go, and what was held for it."""
    user = impatient.user()
    job = impatient.ready_job(user, b"z" * 40_000_000)
    token = impatient.bearer(user)["Authorization"]
    with impatient.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(head(f"GET /download?fid={job.fid}", f"Authorization: {token}"))
        connection.recv(1000)

        def was_let_go() -> bool:
            return any(
                line["message"] == "request"
                and line.get("job_id") == job.fid
                and line["whole"] is False
                for line in impatient.log_lines()
            )

        wait_for(was_let_go)


def test_a_slow_download_goes_on(impatient: RunningGateway) -> None:
    """Slow is not stalled: a reader that takes a little each second gets everything."""
    user = impatient.user()
    data = b"z" * 9_000_000
    job = impatient.ready_job(user, data)
    token = impatient.bearer(user)["Authorization"]
    with impatient.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(
            head(f"GET /download?fid={job.fid}", f"Authorization: {token}", "Connection: close")
        )
        received, began = 0, time.monotonic()
        while piece := connection.recv(65536):
            received += len(piece)
            if time.monotonic() - began < 6:
                time.sleep(0.3)
    assert received > len(data)
