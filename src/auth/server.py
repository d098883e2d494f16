"""The production server: gunicorn as a library, one process with threads (mysqlclient blocks)."""

import contextlib
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import Any, Final

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import ThreadWorker

from auth.settings import AuthSettings
from auth.web.problems import internal_error
from chassis.problems import MEDIA_TYPE, Problem

GRACE_SECONDS: Final = 30
"""How long requests under way may take after SIGTERM."""

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - gunicorn makes its own file there

_MALFORMED: Final[Mapping[type[ParseException], tuple[HTTPStatus, str, str]]] = {
    LimitRequestLine: (
        HTTPStatus.REQUEST_URI_TOO_LONG,
        "address_too_long",
        "The first line of the request is too long.",
    ),
    LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "header_too_large",
        "The header of the request is too large.",
    ),
    UnsupportedTransferCoding: (
        HTTPStatus.NOT_IMPLEMENTED,
        "unsupported_transfer_coding",
        "The body of the request has a transfer coding that is not supported.",
    ),
    ExpectationFailed: (
        HTTPStatus.EXPECTATION_FAILED,
        "expectation_failed",
        "The request expects something that is not supported.",
    ),
}

log = structlog.get_logger(__name__)


def serve(settings: AuthSettings, load: Callable[[], Flask]) -> None:
    """Serve what `load` returns, which is called in the process that serves, until SIGTERM."""
    host = f"[{settings.listen_host}]" if ":" in settings.listen_host else settings.listen_host
    options = {
        "bind": f"{host}:{settings.port}",
        "workers": 1,
        "threads": settings.threads,
        "worker_class": _Worker,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": 15,
        "logger_class": _Logger,
        "loglevel": settings.log_level.lower(),
        "errorlog": None,
        # Where the root file system is read-only, and never a disk that could be slow.
        "worker_tmp_dir": str(_MEMORY) if _MEMORY.is_dir() else None,
        "control_socket_disable": True,
    }
    _Application(options, load, settings.request_seconds).run()


class _Application(BaseApplication):  # type: ignore[misc]  # gunicorn is not typed
    """Settings from a dictionary instead of gunicorn's files and command line."""

    def __init__(
        self, options: Mapping[str, Any], load: Callable[[], Flask], request_seconds: float
    ) -> None:
        self.request_seconds = request_seconds
        self._options = options
        self._load = load
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._load()


class _Logger(Logger):  # type: ignore[misc]  # gunicorn is not typed
    """Sends gunicorn's records to the same JSON lines as all others."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.propagate = True


class _Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is not typed
    """Threads that no client can hold by not sending, and problem details for malformed requests.

    gunicorn's own worker waits for a stalled header or body without end.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadlines: dict[socket.socket, float] = {}

    def handle(self, conn: Any) -> Any:
        """Serve one request, in a thread."""
        self._deadlines[conn.sock] = monotonic() + self.app.request_seconds
        try:
            return super().handle(conn)
        finally:
            self._deadlines.pop(conn.sock, None)

    def notify(self) -> None:
        """Called every second by the main loop: end the reading of whatever takes too long.

        Whoever waits for bytes then reads an end of file. An answer can still be sent.
        """
        super().notify()
        now = monotonic()
        for connection, deadline in list(self._deadlines.items()):
            if now > deadline:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:  # noqa: ARG002 - gunicorn's parameters
        """Answer a request that did not reach the application."""
        if isinstance(exc, ParseException):
            # The text of the error may quote the header, and with it a token.
            log.warning("malformed request", error=type(exc).__name__)
            problem = _problem_of(exc)
        else:
            log.error("request failed", exc_info=exc)
            problem = internal_error()
        with contextlib.suppress(OSError):
            client.sendall(_response(problem))


def _problem_of(error: ParseException) -> Problem:
    default = (HTTPStatus.BAD_REQUEST, "bad_request", "The request is not well-formed HTTP.")
    return Problem(*_MALFORMED.get(type(error), default))


def _response(problem: Problem) -> bytes:
    body = problem.to_body()
    status = HTTPStatus(problem.status)
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        f"Content-Type: {MEDIA_TYPE}",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body
