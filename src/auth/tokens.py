"""The tokens that auth mints; what they are and how they are checked stands in chassis.tokens."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from auth.accounts import Account
from auth.keys import SigningKeys
from chassis.tokens import ALGORITHM, MAX_LIFETIME, TYPE, InvalidToken, check, key_id


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
        """The claims of a token that is valid now; raises InvalidToken."""
        key = self.keys.public(key_id(token))
        if key is None:
            raise InvalidToken("The token's key is not known.")
        return check(token, key, issuer=self.issuer, audience=self.audience, now=now)
