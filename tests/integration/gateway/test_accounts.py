"""Login and accounts are forwarded to auth, whose absence is said plainly."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest


@dataclass
class Echo:
    """An auth that answers what it was asked, as a test wants it."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    hang: Event | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def start(self) -> str:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                asked = {
                    "method": self.command,
                    "path": self.path,
                    "body": self.rfile.read(length).decode(),
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                }
                outer.asked.append(asked)
                if outer.hang:
                    outer.hang.wait(60)
                body = json.dumps(asked).encode() if outer.body is None else outer.body
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any  # noqa: N815

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def auth() -> Iterator[Echo]:
    echo = Echo()
    echo.url = echo.start()  # type: ignore[attr-defined]
    yield echo
    echo.server.shutdown()
    echo.server.server_close()
