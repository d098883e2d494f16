"""GET /healthz and /readyz: whether to restart this process, and whether to send it requests."""

from collections.abc import Mapping

from flask import Blueprint, Response

from chassis.health import Check, outcome
from gateway.web.answers import json_answer


def health_routes(ready: Mapping[str, Check]) -> Blueprint:
    """Liveness (that it answers is the proof) and readiness by `ready`."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return json_answer({"status": "ok"})

    @routes.get("/readyz")
    def readyz() -> Response:
        well, said = outcome(ready)
        return json_answer(said, 200 if well else 503)

    return routes
