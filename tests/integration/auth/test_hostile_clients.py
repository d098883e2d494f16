"""Clients that send what is not HTTP, or stop in the middle, to a real auth process."""

import json
import socket
from collections.abc import Iterator

import pytest

from devstack.mariadb import MariaDB
from devstack.ports import LOOPBACK
from devstack.services import Service
from tests.integration.auth.curl import EMAIL, PASSWORD, log_in
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def service(
    mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory, signing_keys: str
) -> Iterator[Service]:
    """A replica with two threads, for clients that misbehave."""
    settings = {
        "MYSQL_URL": mariadb.new_database("auth_stalled"),
        "SIGNING_KEYS": signing_keys,
        "ADMIN_EMAIL": EMAIL,
        "ADMIN_PASSWORD": PASSWORD,
        "THREADS": "2",
        "REQUEST_SECONDS": "1",
    }
    with Service("auth", settings, tmp_path_factory.mktemp("auth")) as service:
        yield service


def exchange(service: Service, request: bytes) -> tuple[int, str, dict[str, object]]:
    """Status, content type and JSON body of the answer to exactly these bytes."""
    with socket.create_connection((LOOPBACK, int(service.settings["PORT"])), timeout=60) as client:
        client.sendall(request)
        answer = b""
        while piece := client.recv(65_536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    return int(lines[0].split(" ")[1]), headers["content-type"], json.loads(body)


@pytest.mark.parametrize(
    ("request_bytes", "expected", "code"),
    [
        (b"GET /healthz\r\n\r\n", 400, "bad_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nAuthorization : Bearer s3cret\r\n\r\n", 400, "bad_request"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "address_too_long"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431, "header_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n", 431, "header_too_large"),
        (
            b"POST /users HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            400,
            "bad_request",
        ),
        (b"POST /users HTTP/1.1\r\nContent-Length: -2\r\n\r\n{}", 400, "bad_request"),
        (
            b"POST /users HTTP/1.1\r\nTransfer-Encoding: br\r\n\r\n{}",
            501,
            "unsupported_transfer_coding",
        ),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else str(value),
)
def test_what_is_not_http_gets_problem_details(
    service: Service, request_bytes: bytes, expected: int, code: str
) -> None:
    """Requests that never reach the application get problem details; no part of them is logged."""
    answer, kind, problem = exchange(service, request_bytes)
    assert (answer, kind) == (expected, "application/problem+json")
    assert (problem["status"], problem["code"]) == (expected, code)
    assert "s3cret" not in service.process.output()


JSON_BODY = "PUT /account/password HTTP/1.1\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("POST /login HTTP/1.1\r\nHost: a\r\n", ""),
        (JSON_BODY + "Content-Length: 100\r\n", '{"current'),
        (JSON_BODY + "Transfer-Encoding: chunked\r\n", "5\r\n{"),
    ],
    ids=["header", "body", "chunked body"],
)
def test_clients_that_stall_hold_up_nobody(service: Service, head: str, body: str) -> None:
    """Clients that stop in the middle of a request are cut off; others are served meanwhile."""
    token = log_in(service)
    beginning = f"{head}Authorization: Bearer {token}\r\n" + (f"\r\n{body}" if body else "")
    address = (LOOPBACK, int(service.settings["PORT"]))
    clients = [socket.create_connection(address, timeout=60) for _ in range(6)]
    try:
        for client in clients:
            client.sendall(beginning.encode())
        assert log_in(service)
        for client in clients:
            answer = b""
            while piece := client.recv(65_536):
                answer += piece
            assert answer.startswith(b"HTTP/1.1 408 ") if body else answer == b""
    finally:
        for client in clients:
            client.close()


def test_half_a_body_is_no_body(service: Service) -> None:
    """A body that ends before its announced length changes nothing, whole as it may look."""
    header = f"Authorization: Bearer {log_in(service)}\r\n"
    document = json.dumps({"current_password": PASSWORD, "new_password": "another password"})
    request = f"{JSON_BODY}{header}Content-Length: {len(document) + 9}\r\n\r\n{document}"
    address = (LOOPBACK, int(service.settings["PORT"]))
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(request.encode())
        client.shutdown(socket.SHUT_WR)
        assert client.recv(65_536).startswith(b"HTTP/1.1 408 ")
    assert log_in(service)


def test_a_drip_is_a_stall(service: Service) -> None:
    """A client that sends a byte now and then has no longer than one that sends nothing."""
    address = (LOOPBACK, int(service.settings["PORT"]))
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(b"POST /login HTTP/1.1\r\nX: ")

        def closed() -> bool:
            try:
                client.sendall(b"a")
                client.setblocking(False)
                return client.recv(100) == b""
            except BlockingIOError:
                return False
            except ConnectionError:
                return True
            finally:
                client.setblocking(True)

        wait_for(closed)
