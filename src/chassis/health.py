"""Liveness, readiness and metrics over HTTP, on a port that is not public.

/healthz answers 200 while the service's own loop moves, 503 when it hangs: restart it.
/readyz answers 200 while everything it needs is reachable, 503 otherwise: send it no work.
/metrics is Prometheus' text format.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from threading import Thread
from time import monotonic
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import make_wsgi_app

Check = Callable[[], bool]
"""Whether something is well, answered within a second or two; an exception means it is not."""

log = structlog.get_logger(__name__)


class Heartbeat:
    """A loop says `beat` each time round; it hangs when it has been silent for `limit` seconds."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._last = monotonic()

    def beat(self) -> None:
        """The loop has come round."""
        self._last = monotonic()

    def __call__(self) -> bool:
        """Whether the loop moves."""
        return monotonic() - self._last < self._limit


def outcome(checks: Mapping[str, Check]) -> tuple[bool, dict[str, str]]:
    """Whether all checks pass, and what each one said."""
    said = {name: _passes(name, check) for name, check in checks.items()}
    return all(said.values()), {name: "ok" if ok else "failed" for name, ok in said.items()}


def _passes(name: str, check: Check) -> bool:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not well
        log.warning("check failed", check=name, error=repr(error))
        return False


class HealthServer:
    """Serves /healthz, /readyz and /metrics from threads of its own."""

    def __init__(
        self, host: str, port: int, live: Mapping[str, Check], ready: Mapping[str, Check]
    ) -> None:
        self._routes = {"/healthz": live, "/readyz": ready}
        self._metrics = make_wsgi_app()
        self._server = make_server(host, port, self._answer, _Server, _QuietHandler)
        self._thread = Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; returns when the port is free."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            body: Iterable[bytes] = self._metrics(environ, start_response)
            return body
        if path not in self._routes:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not found\n"]
        well, said = outcome(self._routes[path])
        status = "200 OK" if well else "503 Service Unavailable"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(said).encode() + b"\n"]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Probes come every few seconds: they are not worth a line."""
