"""Whom a token speaks for, by the keys that auth publishes; see chassis.tokens for the checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from chassis import tokens


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
            and entry.get("crv") == tokens.CURVE
            and entry.get("use", "sig") == "sig"
            and isinstance(entry.get("kid"), str)
        )
        if usable:
            try:
                keys[entry["kid"]] = PyJWK(entry, tokens.ALGORITHM)
            except PyJWTError:
                continue
    return keys


def check(token: str, key: PyJWK, issuer: str, audience: str, now: datetime) -> User:
    """Whom the token speaks for now; raises InvalidToken. `key` is the one that it names."""
    claims = tokens.check(token, key, issuer=issuer, audience=audience, now=now)
    return User(claims["username"], claims["admin"])
