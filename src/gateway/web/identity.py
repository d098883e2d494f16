"""Whom a request speaks for: the bearer token in its header (RFC 6750, section 2.1)."""

from collections.abc import Callable
from datetime import datetime

from flask import Request

from chassis.tokens import InvalidToken
from gateway.keys import KeyCache
from gateway.refusals import TokenRequired
from gateway.tokens import TokenCheck, User


class Identify:
    """Checks tokens with `keys`, without a call to auth.

    Both ways raise TokenRequired, InvalidToken or KeysUnavailable.
    """

    def __init__(
        self, keys: KeyCache, issuer: str, audience: str, clock: Callable[[], datetime]
    ) -> None:
        self._tokens = TokenCheck(keys.key, issuer, audience)
        self._clock = clock

    def __call__(self, request: Request) -> User:
        """The user of a request."""
        return self.by_header(request.headers.get("Authorization"))

    def by_header(self, authorization: str | None) -> User:
        """The user whom an Authorization header names."""
        return self._tokens.user(_bearer_token(authorization), self._clock())


def _bearer_token(header: str | None) -> str:
    if header is None:
        raise TokenRequired
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("Send the token as: Authorization: Bearer TOKEN.")
    return token.strip()
