"""Who is calling: the token of a request, and the account behind it."""

from dataclasses import dataclass
from typing import Any

from flask import request
from structlog.contextvars import bind_contextvars

from auth.accounts import Account
from auth.errors import AccountMissing, AdminOnly, TokenRequired
from auth.login import Clock
from auth.management import Management
from auth.tokens import Tokens
from chassis.tokens import InvalidToken


@dataclass(frozen=True, slots=True)
class Callers:
    """Reads the bearer token of the request that is being served (RFC 6750, section 2.1)."""

    tokens: Tokens
    management: Management
    clock: Clock

    def claims(self) -> dict[str, Any]:
        """The claims of the token; raises TokenRequired, InvalidToken."""
        given = request.authorization
        if given is None or given.type != "bearer":
            raise TokenRequired
        if given.token is None:
            raise InvalidToken("That is not a token.")
        return self.tokens.check(given.token, self.clock())

    def account(self) -> Account:
        """The account as it is now; raises also InvalidToken if it is gone or disabled.

        What is logged of the request carries its id from then on.
        """
        claims = self.claims()
        try:
            account = self.management.get(claims["sub"])
        except AccountMissing as error:
            raise InvalidToken("The account of this token is no more.") from error
        if not account.active:
            raise InvalidToken("The account of this token is disabled.")
        bind_contextvars(user_id=account.id)
        return account

    def admin(self) -> Account:
        """The account, which must be an admin's now; raises also AdminOnly.

        What the token says of it may be a day old and does not count.
        """
        account = self.account()
        if not account.admin:
            raise AdminOnly
        return account
