"""Login and accounts: forwarded to auth as they are, which stands behind the only public door."""

from typing import Final

from flask import Blueprint, Response, request

from gateway.account_service import AccountService, Forwarded
from gateway.web.bodies import small_body
from gateway.web.observation import TRACEPARENT

_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_PASSED_ON: Final = ("Authorization", "Content-Type", "Accept", "If-Match", "If-None-Match")


def account_routes(accounts: AccountService) -> Blueprint:
    """The routes of auth, which says itself which methods each has."""
    routes = Blueprint("accounts", __name__)

    @routes.route("/login", methods=_METHODS)
    @routes.route("/validate", methods=_METHODS)
    @routes.route("/account/password", methods=_METHODS)
    @routes.route("/users", methods=_METHODS)
    @routes.route("/users/<user_id>", methods=_METHODS)
    @routes.route("/.well-known/jwks.json", methods=["GET"])
    def forward(user_id: str | None = None) -> Response:
        del user_id  # a part of the path, which auth reads
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        headers["traceparent"] = request.environ[TRACEPARENT]
        headers["X-Forwarded-For"] = request.remote_addr or ""
        answer = accounts.forward(
            Forwarded(
                method=request.method,
                path=request.path,
                query=request.query_string.decode("latin-1"),
                headers=headers,
                body=small_body(request),
            )
        )
        return Response(answer.body, answer.status, answer.headers)

    return routes
