"""Whom a request speaks for: the bearer token in its header (RFC 6750, section 2.1)."""

from collections.abc import Callable
from datetime import datetime

from flask import Request

from chassis.tokens import InvalidToken
from gateway.keys import KeyCache
from gateway.refusals import TokenRequired
from gateway.tokens import TokenCheck, User

Identify = Callable[[Request], User]
"""The user of a request; raises TokenRequired, InvalidToken or KeysUnavailable."""


def identify_by(
    keys: KeyCache, issuer: str, audience: str, clock: Callable[[], datetime]
) -> Identify:
    """Check tokens with `keys`, without a call to auth."""
    tokens = TokenCheck(keys.key, issuer, audience)

    def identify(request: Request) -> User:
        return tokens.user(_bearer_token(request.headers.get("Authorization")), clock())

    return identify


def _bearer_token(header: str | None) -> str:
    if header is None:
        raise TokenRequired
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("Send the token as: Authorization: Bearer TOKEN.")
    return token.strip()
