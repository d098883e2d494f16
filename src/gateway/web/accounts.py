"""Login and accounts: forwarded to auth as they are, which stands behind the only public door."""

from typing import Final, cast

from flask import Blueprint, Response, request

from gateway import refusals
from gateway.account_service import AccountService, Forwarded
from gateway.uploads import Body
from gateway.web.observation import TRACEPARENT

MAX_BODY_BYTES: Final = 64 * 1024
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
                body=_body(cast(Body, request.environ["wsgi.input"])),
            )
        )
        return Response(answer.body, answer.status, answer.headers)

    return routes


def _body(body: Body) -> bytes:
    gathered = bytearray()
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise refusals.too_large(MAX_BODY_BYTES)
    for piece in body.pieces(_nothing_to_do, lambda: MAX_BODY_BYTES):
        gathered += piece
        if len(gathered) > MAX_BODY_BYTES:
            raise refusals.too_large(MAX_BODY_BYTES)
    return bytes(gathered)


def _nothing_to_do() -> None:
    """Nobody's lease is to be kept."""
