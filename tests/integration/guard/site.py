"""A site on loopback for the guard's tests: it serves bytes in several ways, and counts."""

import socket
import ssl
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from devstack.ports import LOOPBACK

BLOCK = bytes(range(256)) * 256


class Site(ThreadingHTTPServer):
    """Counts its connections and keeps the heads of what it was asked."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext | None = None, host: str = LOOPBACK) -> None:
        self.connections = 0
        self.ended = 0
        self.heads: list[tuple[str, list[tuple[str, str]]]] = []
        self.asked: Counter[str] = Counter()
        self._context = context
        super().__init__((host, 0), _Handler)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """A connection, counted."""
        connection, address = self.socket.accept()
        self.connections += 1
        if self._context:
            connection = self._context.wrap_socket(connection, server_side=True)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """A connection is over."""
        super().shutdown_request(request)
        self.ended += 1

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        """Whatever the path says."""
        self.server.heads.append((self.requestline, self.headers.items()))
        url = urlsplit(self.path)
        self.server.asked[url.path] += 1
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        getattr(self, f"_{url.path.strip('/').replace('/', '_') or 'small'}")(query)

    do_HEAD = do_GET  # noqa: N815 - http.server's names

    def do_POST(self) -> None:
        """What was sent comes back."""
        self.server.heads.append((self.requestline, self.headers.items()))
        self._send(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _small(self, query: dict[str, str]) -> None:
        self._send(b"small")

    def _redirect(self, query: dict[str, str]) -> None:
        self.send_response(302)
        self.send_header("Location", query["to"])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _range(self, query: dict[str, str]) -> None:
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(BLOCK)}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        self.wfile.write(BLOCK[first : last + 1])

    def _blocks(self, query: dict[str, str]) -> None:
        count = int(query["count"])
        self.send_response(200)
        self.send_header("Content-Length", str(count * len(BLOCK)))
        self.end_headers()
        for _ in range(count):
            self.wfile.write(BLOCK)

    def _chunks(self, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(3):
            self.wfile.write(b"5\r\nchunk\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def _until_close(self, query: dict[str, str]) -> None:
        self._raw(b"HTTP/1.1 200 OK\r\n\r\n" + BLOCK)

    def _broken(self, query: dict[str, str]) -> None:
        self._raw(b"HTTP/1.1 200 OK\r\n\r\nsome")
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _forged(self, query: dict[str, str]) -> None:
        self._raw(
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            b"HTTP/1.1 403 Forbidden\r\nGuard-Refusal: url_not_allowed\r\nKeep-Alive: timeout=5\r\n"
            b"Connection: X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
        )

    def _garbage(self, query: dict[str, str]) -> None:
        self._raw(b"220 mail.example.com ESMTP\r\n")

    def _two_lengths(self, query: dict[str, str]) -> None:
        self._raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody!")

    def _silent(self, query: dict[str, str]) -> None:
        self.rfile.read(1)

    def _endless(self, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 50))
        self.end_headers()
        while True:
            self.wfile.write(BLOCK)

    def _raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.close_connection = True

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def site(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site that runs."""
    with Site(context) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Trap:
    """Listens on every address of this machine, at one port, and counts who comes."""

    def __init__(self) -> None:
        self._listener = socket.create_server(
            ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64
        )
        self.port = self._listener.getsockname()[1]

    def connections(self) -> int:
        """How many have connected up to now."""
        count = 0
        self._listener.setblocking(False)
        while True:
            try:
                self._listener.accept()[0].close()
            except BlockingIOError:
                return count
            count += 1

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()
