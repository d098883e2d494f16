"""One log line and one measurement for each request; neither holds a token or a password."""

from time import perf_counter
from typing import Final

import structlog
from flask import Flask, Response, g, request

from auth.metrics import REQUEST_SECONDS
from chassis.trace import is_traceparent, trace_id

PROBES: Final = frozenset({"/healthz", "/readyz"})
"""They come every few seconds: they are measured, and not worth a line."""

METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""Clients may invent others, and each value of a label takes memory for ever."""

log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Observe every request that `app` serves."""

    @app.before_request
    def begin() -> None:
        g.began = perf_counter()
        traceparent = request.headers.get("traceparent")
        if is_traceparent(traceparent):
            structlog.contextvars.bind_contextvars(trace_id=trace_id(traceparent))

    @app.after_request
    def end(response: Response) -> Response:
        seconds = perf_counter() - g.began
        route = request.url_rule.rule if request.url_rule else "unmatched"
        method = request.method if request.method in METHODS else "other"
        REQUEST_SECONDS.labels(method, route, response.status_code).observe(seconds)
        if route not in PROBES:
            log.info(
                "request served",
                method=method,
                route=route,
                status=response.status_code,
                seconds=round(seconds, 4),
            )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()
