"""A fetch's stay at the guard: what it may use, what became of it, and its end."""

import base64
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from fetcher.guard.refusal import RefusalCode, Refused
from fetcher.guard.relay import cut

_PASSWORD = "guard"  # noqa: S105 - the name is the secret; some clients want a password too


class Session:
    """The connections of one fetch; when it is over they are cut, and there are no more.

    May be used by many threads, and read when it is over.
    """

    def __init__(self, port: int) -> None:
        self.user = secrets.token_hex(16)
        self._port = port
        self._lock = Lock()
        self._connections: set[socket.socket] = set()
        self._refusals: list[str] = []
        self._unknown_hosts: list[str] = []
        self._received = 0
        self._is_over = False

    @property
    def proxy_url(self) -> str:
        """The guard as an HTTP proxy, with credentials; for http and https links alike."""
        return f"http://{self.user}:{_PASSWORD}@127.0.0.1:{self._port}"

    @property
    def proxy_headers(self) -> dict[str, str]:
        """The credentials, for clients that do not take them from a URL."""
        credentials = base64.b64encode(f"{self.user}:{_PASSWORD}".encode()).decode()
        return {"Proxy-Authorization": f"Basic {credentials}"}

    @property
    def refusals(self) -> tuple[str, ...]:
        """What was refused as url_not_allowed, as `HOST:PORT`, in order."""
        with self._lock:
            return tuple(self._refusals)

    @property
    def unknown_hosts(self) -> tuple[str, ...]:
        """Which hosts there are not, as `HOST:PORT`, in order."""
        with self._lock:
            return tuple(self._unknown_hosts)

    @property
    def bytes_received(self) -> int:
        """How many bytes sites have sent, heads included; it stands still after the end."""
        with self._lock:
            return self._received

    def received(self, count: int) -> None:
        """So many bytes came from a site; what is said after the end does not count."""
        with self._lock:
            if not self._is_over:
                self._received += count

    def note(self, refused: Refused, authority: str) -> None:
        """What was asked for was refused."""
        with self._lock:
            if refused.code is RefusalCode.URL_NOT_ALLOWED:
                self._refusals.append(authority)
            elif refused.code is RefusalCode.UNKNOWN_HOST:
                self._unknown_hosts.append(authority)

    @contextmanager
    def connection(self, connection: socket.socket) -> Iterator[None]:
        """`connection` belongs to the session; raises Refused where that is over."""
        with self._lock:
            if self._is_over:
                raise no_session()
            self._connections.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)

    def end(self) -> None:
        """Cut its connections, and take no more."""
        with self._lock:
            self._is_over = True
            for connection in self._connections:
                cut(connection)


def no_session() -> Refused:
    """A refusal of who has no session, or none any more."""
    return Refused(407, RefusalCode.NO_SESSION, "There is no such session.")
