"""POST /login, POST /validate, GET /.well-known/jwks.json."""

import json
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request
from structlog.contextvars import bind_contextvars

from auth.errors import (
    AccountsUnavailable,
    CredentialsRequired,
    CredentialsWrong,
    TooManyFailures,
)
from auth.login import Clock, Login
from auth.metrics import LOGINS
from auth.tokens import Tokens
from auth.web.callers import Callers
from chassis.errors import ServiceError

KEYS_FRESH_SECONDS: Final = 300
TEXT: Final = "text/plain"
JSON: Final = "application/json"
JWK_SET: Final = "application/jwk-set+json"  # RFC 7517, section 8.5.2

_OUTCOMES: Final = {
    CredentialsRequired: "no_credentials",
    CredentialsWrong: "wrong_credentials",
    TooManyFailures: "too_many_failures",
    AccountsUnavailable: "unavailable",
}


@dataclass(frozen=True, slots=True)
class TokenEndpoints:
    """Gives tokens to those who log in, and says what a token says."""

    login: Login
    tokens: Tokens
    callers: Callers
    clock: Clock

    def blueprint(self) -> Blueprint:
        """The addresses."""
        routes = Blueprint("tokens", __name__)
        routes.post("/login")(self.post_login)
        routes.post("/validate")(self.post_validate)
        routes.get("/.well-known/jwks.json")(self.get_keys)
        return routes

    def post_login(self) -> Response:
        """A token for the user of the HTTP Basic credentials: the bare token, or JSON if asked."""
        try:
            token = self._log_in()
        except ServiceError as error:
            LOGINS.labels(_OUTCOMES[type(error)]).inc()
            raise
        LOGINS.labels("success").inc()
        body, kind = (_as_json(token, self.tokens), JSON) if _wants_json() else (token, TEXT)
        headers = {"Cache-Control": "no-store", "Vary": "Accept"}
        return Response(body, headers=headers, mimetype=kind)

    def post_validate(self) -> Response:
        """The claims of the bearer token."""
        claims = json.dumps(self.callers.claims())
        return Response(claims, headers={"Cache-Control": "no-store"}, mimetype=JSON)

    def get_keys(self) -> Response:
        """The public keys; they need no database."""
        headers = {"Cache-Control": f"public, max-age={KEYS_FRESH_SECONDS}"}
        return Response(json.dumps(self.tokens.keys.published()), headers=headers, mimetype=JWK_SET)

    def _log_in(self) -> str:
        given = request.authorization
        if given is None or given.type != "basic" or not given.username or not given.password:
            raise CredentialsRequired
        account = self.login.authenticate(given.username, given.password)
        bind_contextvars(user_id=account.id)
        return self.tokens.mint(account, self.clock())


def _wants_json() -> bool:
    """Whether JSON is asked for by name and not less than text is."""
    accepted = request.accept_mimetypes
    named = any(kind == JSON and quality > 0 for kind, quality in accepted)
    return named and accepted.quality(JSON) >= accepted.quality(TEXT)


def _as_json(token: str, tokens: Tokens) -> str:
    """RFC 6749, section 5.1."""
    lifetime = int(tokens.lifetime.total_seconds())
    return json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": lifetime})
