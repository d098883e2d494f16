"""Login and accounts are forwarded to auth, whose absence is said plainly."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from devstack.ports import free_port
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.running import RunningGateway, head


class Echo:
    """An auth that answers with what it was asked, or as a test wants it."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: bytes | None = None
        self.hang = Event()
        self.hang.set()
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                outer.asked += 1
                outer.hang.wait(60)
                length = int(self.headers.get("Content-Length", 0))
                asked = {
                    "method": self.command,
                    "path": self.path,
                    "body": self.rfile.read(length).decode(),
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                }
                body = json.dumps(asked).encode() if outer.body is None else outer.body
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815 - http.server names them

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.hang.set()
    echo.server.shutdown()
    echo.server.server_close()


@pytest.fixture(autouse=True)
def _as_new(echo: Echo) -> None:
    echo.status, echo.headers, echo.body = 200, {}, None
    echo.hang.set()


@pytest.fixture(scope="module")
def front(start_gateway: StartGateway, echo: Echo) -> RunningGateway:
    """A gateway in front of that auth; it has no keys, so it is not ready, but it answers."""
    return start_gateway(
        auth_url=f"http://127.0.0.1:{echo.server.server_port}", ready=False, trusted_proxies=0
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/login"),
        ("POST", "/validate"),
        ("PUT", "/account/password"),
        ("GET", "/users"),
        ("POST", "/users"),
        ("PATCH", "/users/7"),
        ("DELETE", "/users/7"),
        ("GET", "/.well-known/jwks.json"),
    ],
)
def test_auths_routes_are_forwarded(front: RunningGateway, method: str, path: str) -> None:
    """Method, path, query, body and credentials arrive as they were sent."""
    asked = front.request(
        method,
        f"{path}?a=%C3%A9&b=1",
        data=b'{"x": 1}',
        headers={
            "Authorization": "Basic YWRhOnBhc3N3b3Jk",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Forwarded-For": "203.0.113.7",
            "Cookie": "a=b",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        },
    ).json()
    assert asked["method"] == method
    assert asked["path"] == f"{path}?a=%C3%A9&b=1"
    assert asked["body"] == '{"x": 1}'
    headers = asked["headers"]
    assert headers["authorization"] == "Basic YWRhOnBhc3N3b3Jk"
    assert headers["content-type"] == "application/json"
    assert headers["accept"] == "application/json"
    assert headers["traceparent"] == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert headers["x-forwarded-for"] == "127.0.0.1", "only a trusted proxy is believed"
    assert "cookie" not in headers


def test_curl_logs_in(front: RunningGateway, echo: Echo) -> None:
    """The journey's own command prints the bare token."""
    echo.body, echo.headers = b"header.claims.signature", {"Content-Type": "text/plain"}
    done = front.curl("-X", "POST", "-u", "ada@example.com:a password", "/login")
    assert done.stdout == b"header.claims.signature"


@pytest.mark.parametrize("status", [200, 201, 204, 400, 401, 403, 404, 405, 409, 429, 500, 503])
def test_auths_answers_come_back(front: RunningGateway, echo: Echo, status: int) -> None:
    """Status, body, and the headers that mean something to the client."""
    echo.status = status
    echo.body = b"" if status == 204 else b'{"code": "a_code"}'
    echo.headers = {
        "Content-Type": "application/problem+json",
        "WWW-Authenticate": 'Basic realm="x"',
        "Retry-After": "77",
        "Server": "auth's own",
        "Set-Cookie": "a=b",
    }
    answer = front.request("POST", "/login")
    assert answer.status_code == status
    assert answer.content == echo.body
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="x"'
    assert answer.headers["Retry-After"] == "77"
    assert answer.headers["Server"] == "gunicorn"
    assert "Set-Cookie" not in answer.headers


def test_redirects_are_not_followed(front: RunningGateway, echo: Echo) -> None:
    """Wherever auth points, the gateway does not go there."""
    echo.status, echo.headers = 302, {"Location": "http://127.0.0.1:1/"}
    assert front.request("GET", "/users").status_code == 302


def test_a_head_request(front: RunningGateway) -> None:
    """HEAD is answered without a body."""
    assert front.request("HEAD", "/users").content == b""


def test_large_bodies_are_refused(front: RunningGateway, echo: Echo) -> None:
    """Nobody logs in with a megabyte: 413, in either direction nothing large is held."""
    before = echo.asked
    for framing, body in (
        ("Content-Length: 1000000", b"x" * 1_000_000),
        ("Transfer-Encoding: chunked", b"20000\r\n" + b"x" * 0x20000 + b"\r\n0\r\n\r\n"),
    ):
        answer = front.exchange(head("POST /login", framing), body)
        assert answer.status == 413
        assert answer.problem["code"] == "too_large"
    assert echo.asked == before
    echo.body = b"x" * 3_000_000
    assert front.request("GET", "/users").status_code == 503


def test_credentials_are_not_logged(front: RunningGateway) -> None:
    """Neither passwords nor tokens stand in a log."""
    front.request("POST", "/login", headers={"Authorization": "Basic c2VjcmV0OnNlY3JldA=="})
    assert "c2VjcmV0OnNlY3JldA" not in front.service.process.output()


def test_auth_is_away(start_gateway: StartGateway) -> None:
    """503 with Retry-After; a token cannot be checked yet, and nobody is told it were wrong."""
    gateway = start_gateway(auth_url=f"http://127.0.0.1:{free_port()}", ready=False)
    answer = gateway.request("POST", "/login", headers={"Authorization": "Basic eDp5"})
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "auth_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    answer = gateway.request("GET", "/jobs", "ada@example.com")
    assert answer.status_code == 503
    assert answer.json()["code"] == "keys_unavailable"
    assert gateway.request("GET", "/readyz").json()["keys"] == "failed"


def test_an_auth_that_hangs_is_in_nobodys_way(front: RunningGateway, echo: Echo) -> None:
    """Others are served while a login waits."""
    echo.hang.clear()
    with front.connect() as connection:
        connection.sendall(head("POST /login", "Content-Length: 0"))
        assert front.request("GET", "/healthz").status_code == 200
        echo.hang.set()
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_trusted_proxy_is_believed(start_gateway: StartGateway, echo: Echo) -> None:
    """Behind one proxy, the address that it saw is the client's; what the client said is not."""
    gateway = start_gateway(
        auth_url=f"http://127.0.0.1:{echo.server.server_port}", ready=False, trusted_proxies=1
    )
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
    asked = gateway.request("POST", "/login", headers=headers).json()
    assert asked["headers"]["x-forwarded-for"] == "203.0.113.7"
