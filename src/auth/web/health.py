"""GET /healthz and GET /readyz."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response

from chassis.health import Check, outcome


@dataclass(frozen=True, slots=True)
class HealthEndpoints:
    """Liveness is answering at all; readiness is what `ready` says."""

    ready: Mapping[str, Check]

    def blueprint(self) -> Blueprint:
        """The addresses."""
        routes = Blueprint("health", __name__)
        routes.get("/healthz")(self.get_live)
        routes.get("/readyz")(self.get_ready)
        return routes

    def get_live(self) -> Response:
        """200: a thread was free to answer."""
        return Response("{}\n", mimetype="application/json")

    def get_ready(self) -> Response:
        """200 while requests can be served, 503 otherwise."""
        well, said = outcome(self.ready)
        status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
        return Response(json.dumps(said) + "\n", status, mimetype="application/json")
