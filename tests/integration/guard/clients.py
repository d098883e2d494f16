"""Clients of the guard: one that can say anything, and one that people use."""

import socket
from dataclasses import dataclass
from typing import Any

import urllib3

from devstack.ports import LOOPBACK
from fetcher.guard.session import Session

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response as it came."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of the one field of that name."""
        values = [value for found, value in self.headers if found.lower() == name.lower()]
        assert len(values) <= 1
        return values[0] if values else None


def connect(session: Session) -> socket.socket:
    """A connection to the guard."""
    port = int(session.proxy_url.rpartition(":")[2])
    return socket.create_connection((LOOPBACK, port), SECONDS)


def credentials(session: Session) -> str:
    """The line that says whose request it is."""
    return f"Proxy-Authorization: {session.proxy_headers['Proxy-Authorization']}\r\n"


def say(session: Session, text: str) -> Answer:
    """What the guard answers to `text`, sent as it is with an empty line after it."""
    with connect(session) as connection:
        connection.sendall(f"{text}\r\n".encode("latin-1"))
        return read_answer(connection)


def get(session: Session, url: str, extra: str = "", method: str = "GET") -> Answer:
    """A request for `url` as a client of a proxy makes it, whatever the URL is."""
    head = f"{method} {url} HTTP/1.1\r\nHost: anything.example.com\r\n{extra}"
    return say(session, head + credentials(session))


def tunnel(session: Session, authority: str) -> Answer:
    """What CONNECT to `authority` is answered with."""
    head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n"
    return say(session, head + credentials(session))


def read_answer(connection: socket.socket) -> Answer:
    """All that comes until the end, or the head of a tunnel."""
    data = b""
    while more := connection.recv(1 << 16):
        data += more
        if data.startswith(b"HTTP/1.1 200 Connection established\r\n") and b"\r\n\r\n" in data:
            break
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    _, status, reason = first.split(" ", 2)
    pairs = [line.split(": ", 1) for line in lines]
    return Answer(int(status), reason, [(name, value) for name, value in pairs], body)


def pool(session: Session, **options: Any) -> urllib3.ProxyManager:
    """urllib3 by way of the guard."""
    return urllib3.ProxyManager(
        session.proxy_url,
        proxy_headers=session.proxy_headers,
        retries=False,
        timeout=SECONDS,
        **options,
    )
