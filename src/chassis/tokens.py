"""Tokens as auth makes them and everybody checks them, as strictly as they are made.

Sources: RFC 7519 (JWT), RFC 8037 (EdDSA in JOSE), RFC 8725 (best practices). PyJWT checks the
signature, issuer and audience. What it lets pass is checked here: any `typ`, times as text, `exp`
far ahead, and other spellings of the same bytes (a trailing `=`, spare bits in the last letter).
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.exceptions import PyJWTError

from chassis.errors import Permanent

ALGORITHM: Final = "EdDSA"
CURVE: Final = "Ed25519"
TYPE: Final = "JWT"
MAX_LIFETIME: Final = timedelta(days=1)
MAX_LENGTH: Final = 4096
CLOCK_SKEW: Final = timedelta(seconds=10)
"""How far the clocks of two replicas may be apart."""

_TEXTS: Final = ("sub", "username", "iss", "aud", "jti")
_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

Key = Ed25519PublicKey | jwt.PyJWK


class InvalidToken(Permanent):
    """A token is none, or none of ours, or none any more."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid_token", detail)


def key_id(token: str) -> str:
    """The id of the key that the token says it is signed with; raises InvalidToken."""
    if len(token) > MAX_LENGTH or not _FORM.fullmatch(token):
        raise InvalidToken("That is not a token.")
    if not all(_is_canonical(part) for part in token.split(".")):
        raise InvalidToken("That is not a token.")
    try:
        header = jwt.get_unverified_header(token)
    except (PyJWTError, ValueError, RecursionError) as error:
        raise InvalidToken("That is not a token.") from error
    kid = header.get("kid")
    if not isinstance(kid, str) or header != {"alg": ALGORITHM, "typ": TYPE, "kid": kid}:
        raise InvalidToken("The token is of another kind than ours.")
    return kid


def check(token: str, key: Key, *, issuer: str, audience: str, now: datetime) -> dict[str, Any]:
    """The claims of a token that is valid now; raises InvalidToken.

    `key` is the public one that `key_id` names.
    """
    claims = verified(token, key, issuer=issuer, audience=audience)
    check_times(claims, now)
    return claims


def verified(token: str, key: Key, *, issuer: str, audience: str) -> dict[str, Any]:
    """The claims of a token that is ours, valid now or not; raises InvalidToken."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=issuer,
            audience=audience,
            # The times are checked apart, against the caller's clock and with their types.
            options={"strict_aud": True, "verify_exp": False, "verify_iat": False},
        )
    except (PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidToken("The token is not valid.") from error
    _check_types(claims)
    return claims


def check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """Raises InvalidToken where `verified` claims do not hold at the time `now`."""
    issued_at, expires_at = claims["iat"], claims["exp"]
    if not 0 < expires_at - issued_at <= MAX_LIFETIME.total_seconds():
        raise InvalidToken("The token is valid for longer than tokens are.")
    if issued_at > now.timestamp() + CLOCK_SKEW.total_seconds():
        raise InvalidToken("The token is not valid yet.")
    if expires_at <= now.timestamp():
        raise InvalidToken("The token has expired: log in again.")


def _check_types(claims: Mapping[str, Any]) -> None:
    if not all(isinstance(claims.get(name), str) and claims[name] for name in _TEXTS):
        raise InvalidToken("The token lacks a claim.")
    if not isinstance(claims.get("admin"), bool):
        raise InvalidToken("The token lacks a claim.")
    if not all(type(claims.get(name)) is int for name in ("iat", "exp")):
        raise InvalidToken("The token's times are not whole numbers.")


def _is_canonical(part: str) -> bool:
    """Whether no other text spells the same bytes: the last letter may have bits to spare."""
    try:
        data = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (Base64Error, ValueError):
        return False
    return urlsafe_b64encode(data).rstrip(b"=").decode() == part
