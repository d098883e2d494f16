"""Checking auth's tokens: Ed25519-signed JWTs, as strictly as they are made.

Sources: RFC 7519 (JWT), RFC 8037 (EdDSA in JOSE), RFC 8725 (best practices). PyJWT checks the
signature, issuer and audience; what it lets pass (`exp` far ahead or as text, any `typ`, another
spelling of the same bytes) is checked here.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import jwt
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from gateway.refusals import InvalidToken

ALGORITHM: Final = "EdDSA"
CURVE: Final = "Ed25519"
MAX_LENGTH: Final = 4096
MAX_LIFETIME_SECONDS: Final = 86_400
CLOCK_SKEW_SECONDS: Final = 10
_TEXTS: Final = ("sub", "username", "iss", "aud", "jti")
_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class User:
    """Whom a token speaks for; `username` is the email address."""

    username: str
    admin: bool = False


def parse_keys(document: object) -> dict[str, PyJWK]:
    """The Ed25519 signature keys in a JWK Set (RFC 7517) by their ids; others are left out."""
    entries = document.get("keys") if isinstance(document, Mapping) else None
    keys: dict[str, PyJWK] = {}
    for entry in entries if isinstance(entries, list) else []:
        usable = (
            isinstance(entry, dict)
            and entry.get("kty") == "OKP"
            and entry.get("crv") == CURVE
            and entry.get("use", "sig") == "sig"
            and isinstance(entry.get("kid"), str)
        )
        if usable:
            try:
                keys[entry["kid"]] = PyJWK(entry, ALGORITHM)
            except PyJWTError:
                continue
    return keys


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
    if not isinstance(kid, str) or header != {"alg": ALGORITHM, "typ": "JWT", "kid": kid}:
        raise InvalidToken("The token is of another kind than ours.")
    return kid


def check(token: str, key: PyJWK, issuer: str, audience: str, now: datetime) -> User:
    """Whom the token speaks for now; raises InvalidToken. `key` is the one that `key_id` names."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=issuer,
            audience=audience,
            # The times are checked below, against the caller's clock and with their types.
            options={"strict_aud": True, "verify_exp": False, "verify_iat": False},
        )
    except (PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidToken("The token is not valid.") from error
    _check_types(claims)
    _check_times(claims["iat"], claims["exp"], now.timestamp())
    return User(claims["username"], claims["admin"])


def _check_types(claims: Mapping[str, Any]) -> None:
    texts = all(isinstance(claims.get(name), str) and claims[name] for name in _TEXTS)
    times = all(type(claims.get(name)) is int for name in ("iat", "exp"))
    if not texts or not times or not isinstance(claims.get("admin"), bool):
        raise InvalidToken("The token's claims are not those of our tokens.")


def _check_times(issued_at: int, expires_at: int, now: float) -> None:
    if not 0 < expires_at - issued_at <= MAX_LIFETIME_SECONDS:
        raise InvalidToken("The token is valid for longer than tokens are.")
    if issued_at > now + CLOCK_SKEW_SECONDS:
        raise InvalidToken("The token is not valid yet.")
    if expires_at <= now:
        raise InvalidToken("The token has expired: log in again.")


def _is_canonical(part: str) -> bool:
    """Whether no other text spells the same bytes: the last letter has bits to spare."""
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return False
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode() == part
