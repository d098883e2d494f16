"""What can be seen of each request from outside: one log line, metrics, and its trace.

No query string is written down (it may hold a link's signature), and no header but traceparent.
"""

from collections.abc import Callable, Iterable, Iterator
from http import HTTPMethod
from time import perf_counter
from typing import Any, Final

import structlog

from chassis.trace import is_traceparent, new_traceparent, trace_id
from gateway.metrics import exchanges
from gateway.web.answers import PROBLEM_CODE

log = structlog.get_logger("gateway.access")

TRACEPARENT: Final = "gateway.traceparent"
ROUTE: Final = "gateway.route"
_UNMATCHED: Final = "unmatched"
_PROBES: Final = frozenset({"/healthz", "/readyz"})
_METHODS: Final = frozenset(HTTPMethod)

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Observed:
    """A WSGI application that is observed; the trace of a request goes on, or begins here."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """PEP 3333."""
        given = environ.get("HTTP_TRACEPARENT")
        traceparent = given if is_traceparent(given) else new_traceparent()
        environ[TRACEPARENT] = traceparent
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(trace_id=trace_id(traceparent))
        exchange = _Exchange(environ)

        def start(status: str, *arguments: Any) -> Any:
            exchange.status = int(status[:3])
            return start_response(status, *arguments)

        try:
            return _Counted(self._app(environ, start), exchange)
        except BaseException:
            exchange.end()
            raise


class _Exchange:
    """One request and its answer."""

    def __init__(self, environ: Environ) -> None:
        self.status = 500
        self.sent = 0
        self.whole = False
        self._environ = environ
        self._started = perf_counter()

    def end(self) -> None:
        """Write down what there was."""
        seconds = perf_counter() - self._started
        environ = self._environ
        method = environ["REQUEST_METHOD"]
        method = method if method in _METHODS else "other"
        route = environ.get(ROUTE, _UNMATCHED)
        received = getattr(environ["wsgi.input"], "received", 0)
        exchanges(method, route, self.status).add(seconds, received, self.sent)
        write = log.debug if route in _PROBES else log.info
        write(
            "request",
            method=method,
            path=environ["PATH_INFO"],
            route=route,
            status=self.status,
            code=environ.get(PROBLEM_CODE),
            seconds=round(seconds, 4),
            received=received,
            sent=self.sent,
            whole=self.whole,
            client=environ.get("REMOTE_ADDR"),
        )
        structlog.contextvars.clear_contextvars()


class _Counted:
    """The body of an answer, counted; ends its exchange when it is closed."""

    def __init__(self, body: Iterable[bytes], exchange: _Exchange) -> None:
        self._body = body
        self._pieces = iter(body)
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._exchange.whole = True
            raise
        self._exchange.sent += len(piece)
        return piece

    def close(self) -> None:
        """The answer was sent, or given up."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._exchange.end()
