"""What the rules of logging in and of managing accounts need from storage.

Every method raises AccountsUnavailable when the storage cannot be reached or is not set up yet.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from auth.accounts import Account, Change


class AccountStore(Protocol):
    """Where accounts are kept."""

    def find(self, username: str) -> Account | None:
        """The account with exactly this address."""

    def get(self, account_id: str) -> Account | None:
        """The account with this id."""

    def page(self, after: str, limit: int) -> Sequence[Account]:
        """The first `limit` accounts whose addresses follow `after`, by address."""

    def add(self, account: Account) -> None:
        """Keep a new account; raises AddressTaken."""

    def change(self, account_id: str, change: Change) -> Account:
        """Change an account and return it; raises AccountMissing, LastAdmin."""

    def replace_hash(self, account: Account, password_hash: str) -> None:
        """Give `account` another hash, unless its hash has been changed meanwhile."""

    def remove(self, account_id: str) -> None:
        """Forget an account; raises AccountMissing, LastAdmin."""


class FailedLogins(Protocol):
    """Where failed logins are counted, for all replicas together; any text may be a name."""

    def refusal(self, name: str, now: datetime) -> timedelta | None:
        """How long logins under `name` are refused; None if they are not."""

    def add(self, name: str, now: datetime) -> timedelta | None:
        """Count a failure under `name`; how long logins are refused now, None if they are not."""

    def settle(self, name: str, now: datetime) -> timedelta | None:
        """Forget the failures of `name` because a login succeeded.

        If the failures of others who tried at the same time came first and were too many, nothing
        is forgotten, and the login is refused for so long: so that guessing many at once does not
        get through more guesses than one after another.
        """

    def forget(self, name: str) -> None:
        """Forget the failures of `name` in any case."""
