"""The guard as the fetcher uses it: a listener on loopback, and sessions."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Final, Self

import structlog

from chassis.link_rules import LinkRules
from fetcher.guard.limits import GuardLimits
from fetcher.guard.name_resolver import NameResolver
from fetcher.guard.passage import Passage
from fetcher.guard.relay import cut
from fetcher.guard.session import Session, no_session

_LOOPBACK: Final = "127.0.0.1"
_BACKLOG: Final = 128
_BEFORE_NEXT: Final = 0.1  # seconds to wait where a connection cannot be taken

log = structlog.get_logger(__name__)


class Guard:
    """A proxy on an ephemeral port of loopback, from when it is entered until it is left.

    Each connection has a thread, or two for a tunnel; they end with their session.
    """

    def __init__(
        self,
        rules: LinkRules,
        resolver: NameResolver,
        limits: GuardLimits = GuardLimits(),  # noqa: B008 - it is frozen
    ) -> None:
        self._passage = Passage(rules, resolver, limits, self._session_of)
        self._room = BoundedSemaphore(limits.connections)
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._thread = Thread(target=self._accept, name="guard", daemon=True)
        self._is_over = Event()
        self._lock = Lock()
        self._sessions: dict[str, Session] = {}

    def __enter__(self) -> Self:
        self._listener.bind((_LOOPBACK, 0))
        self._listener.listen(_BACKLOG)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._is_over.set()
        with self._lock:
            sessions = list(self._sessions.values())
        for session in sessions:
            session.end()
        cut(self._listener)  # which wakes the thread
        self._thread.join()
        self._listener.close()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """What one fetch goes through; at its end its connections are cut."""
        session = Session(self._listener.getsockname()[1])
        with self._lock:
            self._sessions[session.user] = session
        try:
            yield session
        finally:
            with self._lock:
                del self._sessions[session.user]
            session.end()

    def _session_of(self, user: str | None) -> Session:
        with self._lock:
            session = self._sessions.get(user or "")
        if session is None:
            raise no_session()
        return session

    def _accept(self) -> None:
        while True:
            self._room.acquire()
            try:
                client, _ = self._listener.accept()
                Thread(
                    target=self._serve, args=(client,), name="guard-request", daemon=True
                ).start()
            except (OSError, RuntimeError) as error:  # it was left; or no more files, or threads
                self._room.release()
                if self._is_over.wait(_BEFORE_NEXT):
                    return
                log.warning("the guard cannot take a connection", error=repr(error))

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                self._passage.serve(client)
        except Exception:
            log.exception("a request to the guard failed")
        finally:
            self._room.release()
