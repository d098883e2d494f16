"""Whom a token speaks for, by the keys that auth publishes; see chassis.tokens for the checks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Final

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from chassis import tokens

_REMEMBERED: Final = 2000  # tokens of at most 4 KB


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


class TokenCheck:
    """Checks tokens, the signature of each only once while it is in use.

    A signature costs more than all else that a small request needs. What can change, the time and
    whether the key is still published, is looked at each time.
    """

    def __init__(self, key: Callable[[str], PyJWK], issuer: str, audience: str) -> None:
        self._key = key
        self._key_id = lru_cache(_REMEMBERED)(tokens.key_id)
        self._verified = lru_cache(_REMEMBERED)(
            partial(tokens.verified, issuer=issuer, audience=audience)
        )

    def user(self, token: str, now: datetime) -> User:
        """Whom the token speaks for now; raises InvalidToken, and what `key` raises."""
        claims = self._verified(token, self._key(self._key_id(token)))
        tokens.check_times(claims, now)
        return User(claims["username"], claims["admin"])
