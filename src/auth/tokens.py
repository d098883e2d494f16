"""Minting tokens, and checking them as strictly as they are minted.

Sources: RFC 7519 (JWT), RFC 8037 (EdDSA in JOSE), RFC 8725 (best practices). PyJWT checks the
signature, issuer and audience. What it lets pass is checked here: any `typ`, times as text, `exp`
far ahead, and other spellings of the same bytes (a trailing `=`, spare bits in the last letter).
"""

import re
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from jwt.exceptions import PyJWTError

from auth.accounts import Account
from auth.errors import TokenInvalid
from auth.keys import ALGORITHM, SigningKeys

TYPE: Final = "JWT"
MAX_LIFETIME: Final = timedelta(days=1)
MAX_LENGTH: Final = 4096
CLOCK_SKEW: Final = timedelta(seconds=10)
"""How far the clocks of two replicas may be apart."""

_TEXTS: Final = ("sub", "username", "iss", "aud", "jti")
_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one installation."""

    keys: SigningKeys
    issuer: str
    audience: str
    lifetime: timedelta = MAX_LIFETIME

    def mint(self, account: Account, now: datetime) -> str:
        """A token that speaks for `account` from now on, for as long as `lifetime`."""
        issued_at = int(now.timestamp())
        claims = {
            "sub": account.id,
            "username": account.username,
            "admin": account.admin,
            "iss": self.issuer,
            "aud": self.audience,
            "iat": issued_at,
            "exp": issued_at + int(self.lifetime.total_seconds()),
            "jti": str(uuid.uuid4()),
        }
        key = self.keys.signing
        headers = {"typ": TYPE, "kid": key.kid}
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers=headers)

    def check(self, token: str, now: datetime) -> dict[str, Any]:
        """The claims of a token that is valid now; raises TokenInvalid."""
        key = self.keys.public(_key_id(token))
        if key is None:
            raise TokenInvalid("The token's key is not known.")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self.issuer,
                audience=self.audience,
                # The times are checked below, against the caller's clock and with their types.
                options={"strict_aud": True, "verify_exp": False, "verify_iat": False},
            )
        except (PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise TokenInvalid("The token is not valid.") from error
        _check_types(claims)
        _check_times(claims["iat"], claims["exp"], now.timestamp())
        return claims


def _key_id(token: str) -> str:
    """The id of the key that the token says it is signed with."""
    if len(token) > MAX_LENGTH or not _FORM.fullmatch(token):
        raise TokenInvalid("That is not a token.")
    if not all(_is_canonical(part) for part in token.split(".")):
        raise TokenInvalid("That is not a token.")
    try:
        header = jwt.get_unverified_header(token)
    except (PyJWTError, ValueError, RecursionError) as error:
        raise TokenInvalid("That is not a token.") from error
    kid = header.get("kid")
    if not isinstance(kid, str) or header != {"alg": ALGORITHM, "typ": TYPE, "kid": kid}:
        raise TokenInvalid("The token is of another kind than ours.")
    return kid


def _check_types(claims: Mapping[str, Any]) -> None:
    if not all(isinstance(claims.get(name), str) and claims[name] for name in _TEXTS):
        raise TokenInvalid("The token lacks a claim.")
    if not isinstance(claims.get("admin"), bool):
        raise TokenInvalid("The token lacks a claim.")
    if not all(type(claims.get(name)) is int for name in ("iat", "exp")):
        raise TokenInvalid("The token's times are not whole numbers.")


def _check_times(issued_at: int, expires_at: int, now: float) -> None:
    if not 0 < expires_at - issued_at <= MAX_LIFETIME.total_seconds():
        raise TokenInvalid("The token is valid for longer than tokens are.")
    if issued_at > now + CLOCK_SKEW.total_seconds():
        raise TokenInvalid("The token is not valid yet.")
    if expires_at <= now:
        raise TokenInvalid("The token has expired: log in again.")


def _is_canonical(part: str) -> bool:
    """Whether no other text spells the same bytes: the last letter may have bits to spare."""
    try:
        data = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (Base64Error, ValueError):
        return False
    return urlsafe_b64encode(data).rstrip(b"=").decode() == part
