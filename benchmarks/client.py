"""A user of a gateway, ours or the older one: costs little, and knows when its last byte left."""

import contextlib
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from benchmarks.content import Content
from benchmarks.contest import NotOffered

BOUNDARY = "----------------------------7f3c1a9e55d0b2"
FINISHED = ("ready", "failed", "cancelled", "expired")
POLL_SECONDS = 0.02
RECEIVE_BYTES = 1 << 20
NO_SUCH_ROUTE = (404, 405)


class Refused(Exception):
    """The gateway answered something else than was hoped for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to an upload; the times are those of the monotonic clock, in seconds."""

    status: int
    body: bytes
    began_at: float
    last_byte_at: float
    answered_at: float

    @property
    def seconds(self) -> float:
        """From the first byte of the request to the answer."""
        return self.answered_at - self.began_at

    @property
    def fid(self) -> str:
        """The job that was made; raises Refused."""
        if self.status != 202:
            raise Refused(f"the upload was answered {self.status}: {self.body[:300]!r}")
        return str(json.loads(self.body)["fid"])


class Client:
    """The user whom `token` names, at the gateway with that URL."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self.authorization = f"Authorization: Bearer {token}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def at(self, url: str) -> "Client":
        """The same user at another gateway."""
        return Client(url, self._token)

    def upload(
        self,
        content: Content,
        fields: Mapping[str, str] | None = None,
        rate: float | None = None,
    ) -> Answer:
        """POST /upload as multipart/form-data; `rate` in bytes a second."""
        written = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (fields or {}).items()
        ]
        start = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="{content.path.name}"\r\nContent-Type: video/mp4\r\n\r\n'
        )
        before = ("".join(written) + start).encode()
        after = f"\r\n--{BOUNDARY}--\r\n".encode()
        head = self.head(
            "POST /upload",
            len(before) + content.size + len(after),
            f"multipart/form-data; boundary={BOUNDARY}",
        )
        return self._send(head + before, content, after, rate)

    def put(self, content: Content) -> Answer:
        """PUT /upload?name=... with the file as the body; raises NotOffered."""
        request = f"PUT /upload?name={quote(content.path.name)}"
        answer = self._send(self.head(request, content.size, "video/mp4"), content, b"", None)
        if answer.status in NO_SUCH_ROUTE:
            raise NotOffered(f"PUT /upload is answered {answer.status}")
        return answer

    def prefetch(self, url: str) -> str:
        """POST /media/prefetch; the job that fetches what is at `url`."""
        address = f"{self._url}/media/prefetch"
        answer = self._session.post(address, json={"url": url}, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["job"]["fid"])

    def job(self, fid: str) -> dict[str, Any]:
        """The job as the gateway shows it."""
        answer = self._session.get(f"{self._url}/jobs/{fid}", timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def await_ready(self, fid: str, timeout: float) -> float:
        """Ask again and again until the job is ready; when that was. Raises Refused."""
        deadline = time.monotonic() + timeout
        while True:
            job, now = self.job(fid), time.monotonic()
            if job["status"] in FINISHED:
                break
            if now > deadline:
                raise Refused(f"the job is still {job['status']} after {timeout:.0f} s")
            time.sleep(POLL_SECONDS)
        if job["status"] != "ready":
            raise Refused(f"the job is {job['status']}: {job['failure']}")
        return now

    def delete(self, fid: str) -> None:
        """DELETE /jobs/<fid>."""
        self._session.delete(f"{self._url}/jobs/{fid}", timeout=60).raise_for_status()

    def get(self, path: str) -> int:
        """GET `path` and drop the body; how many bytes it had. Raises Refused."""
        buffer = bytearray(RECEIVE_BYTES)
        with socket.create_connection(self._address) as connection:
            head = self.request(path) + b"Connection: close\r\n\r\n"
            connection.sendall(head)
            with HTTPResponse(connection) as response:
                response.begin()
                if response.status != 200:
                    raise Refused(f"{path} was answered {response.status}")
                total = 0
                while count := response.readinto(buffer):
                    total += count
        return total

    def request(self, path: str) -> bytes:
        """The header of GET `path`, but for the empty line at its end."""
        return f"GET {path} HTTP/1.1\r\nHost: gateway\r\n{self.authorization}\r\n".encode()

    def connect(self) -> socket.socket:
        """A connection to the gateway."""
        return socket.create_connection(self._address)

    def head(self, request: str, length: int, content_type: str) -> bytes:
        """The header of a request with a body of that length."""
        return (
            f"{request} HTTP/1.1\r\nHost: gateway\r\n{self.authorization}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {length}\r\n"
            "Connection: close\r\n\r\n"
        ).encode()

    def _send(self, before: bytes, content: Content, after: bytes, rate: float | None) -> Answer:
        with self.connect() as connection:
            began_at = time.monotonic()
            with contextlib.suppress(ConnectionError):  # refused early: the answer says why
                connection.sendall(before)
                content.send(connection, rate)
                connection.sendall(after)
            last_byte_at = time.monotonic()
            with HTTPResponse(connection) as response:
                response.begin()
                body = response.read()
                return Answer(response.status, body, began_at, last_byte_at, time.monotonic())
