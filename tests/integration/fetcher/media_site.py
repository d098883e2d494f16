"""A site of ours on loopback: it serves what it is given, misbehaves as told, and counts."""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from threading import Event, Lock, Thread
from typing import ClassVar

from devstack.ports import LOOPBACK

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_PIECE = 64 << 10


@dataclass
class Resource:
    """What is at a path. `breaks`: after how many bytes each answer's connection is cut, in turn.

    announced: a Content-Length that may be wrong; delay: seconds before the answer; pause: seconds
    between pieces; piece: their size; endless: the content is sent again and again.
    """

    content: bytes = b""
    content_type: str = "video/mp4"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    ranges: bool = True
    breaks: list[int] = field(default_factory=list)
    announced: int | None = None
    chunked: bool = False
    delay: float = 0.0
    pause: float = 0.0
    piece: int = _PIECE
    endless: bool = False


@dataclass
class Request:
    """A request that came: its path, its fields, and the bytes of content sent so far."""

    path: str
    headers: dict[str, str]
    sent: int = 0


class MediaSite:
    """The site; `url` is its root."""

    def __init__(self, certificate: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self._lock = Lock()
        self._turns: dict[str, Iterator[Resource]] = {}
        self._over = Event()
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler(), bind_and_activate=True)
        self._server.daemon_threads = True
        if certificate:
            self._server.socket = certificate.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://{LOOPBACK}:{self.port}"

    @contextmanager
    def running(self) -> Iterator["MediaSite"]:
        """Meanwhile it answers."""
        thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def serve(self, path: str, *resources: Resource) -> str:
        """Serve that at `path`, several in turn; its URL."""
        self._turns[path] = cycle(resources)
        return f"{self.url}{path}"

    def serve_folder(self, folder: Path) -> None:
        """Serve the files of `folder` at its root."""
        for path in folder.iterdir():
            self.serve(f"/{path.name}", Resource(path.read_bytes(), _TYPES.get(path.suffix, _ANY)))

    def asked(self, path: str) -> list[Request]:
        """The requests for `path` so far."""
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def resource(self, path: str) -> Resource:
        """What is next at `path`."""
        with self._lock:
            turns = self._turns.get(path.partition("?")[0])
            return next(turns) if turns else Resource(b"nothing", "text/plain", status=404)

    def note(self, request: Request) -> None:
        """A request has come. Noted before its answer: whoever has that finds the request."""
        with self._lock:
            self.requests.append(request)

    def wait(self, seconds: float) -> bool:
        """Wait, but no longer than the site lives; whether it still does."""
        return not self._over.wait(seconds)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (_Answering,), {"site": self})


_ANY = "application/octet-stream"
_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
    ".ts": "video/mp2t",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".webm": "video/webm",
}


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: ClassVar[MediaSite]

    def do_GET(self) -> None:
        found = self.site.resource(self.path)
        request = Request(self.path.partition("?")[0], dict(self.headers))
        self.site.note(request)
        if found.delay and not self.site.wait(found.delay):
            return
        try:
            for piece in self._pieces(found):
                request.sent += len(piece)
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if found.chunked else piece)
            if found.chunked:
                self.wfile.write(b"0\r\n\r\n")
        except (_Cut, OSError):
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def _pieces(self, found: Resource) -> Iterator[bytes]:
        """The content as it goes out, after the head; raises _Cut where it is to break off."""
        content, status, first = self._judged(found)
        self._send_head(found, status, first, len(content))
        most = found.breaks.pop(0) if found.breaks else None
        sent = 0
        for piece in self._cut_up(content, found):
            if most is not None and sent + len(piece) > most:
                # A chunk without content would be the end of a chunked answer (RFC 9112, 7.1).
                if most > sent:
                    yield piece[: most - sent]
                raise _Cut
            yield piece
            sent += len(piece)
            if found.pause and not self.site.wait(found.pause):
                return
        if found.announced is not None and found.announced > len(content):
            raise _Cut

    def _cut_up(self, content: bytes, found: Resource) -> Iterator[bytes]:
        while True:
            for start in range(0, len(content), found.piece):
                yield content[start : start + found.piece]
            if not found.endless:
                return

    def _send_head(self, found: Resource, status: int, first: int, length: int) -> None:
        fields = {"Content-Type": found.content_type, **found.headers}
        if found.etag:
            fields["ETag"] = found.etag
        if found.last_modified:
            fields["Last-Modified"] = found.last_modified
        if found.chunked:
            fields["Transfer-Encoding"] = "chunked"
        elif found.endless:
            fields["Connection"] = "close"
        elif status != 304:
            fields["Content-Length"] = str(length)
        if status == 206:
            total = len(found.content)
            fields["Content-Range"] = f"bytes {first}-{first + length - 1}/{total}"
        elif found.announced is not None:
            fields["Content-Length"] = str(found.announced)
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()

    def _judged(self, found: Resource) -> tuple[bytes, int, int]:
        """The content to send, the status, and where it begins."""
        asked = self.headers
        if found.status != 200:
            return found.content, found.status, 0
        if found.etag and asked.get("If-None-Match") == found.etag:
            return b"", 304, 0
        if found.last_modified and asked.get("If-Modified-Since") == found.last_modified:
            return b"", 304, 0
        wanted = _RANGE.fullmatch(asked.get("Range", ""))
        unchanged = asked.get("If-Range") in {None, found.etag, found.last_modified}
        if wanted and found.ranges and unchanged:
            first, last = int(wanted[1]), int(wanted[2] or len(found.content))
            return found.content[first : last + 1], 206, first
        return found.content, 200, 0

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Cut(Exception):
    """The connection is to break here."""


def http_time(seconds_ago: float = 3600.0) -> str:
    """An HTTP date so long ago."""
    return formatdate(time.time() - seconds_ago, usegmt=True)
