"""Whether somebody is who they say: the one place where a password is compared."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth.accounts import Account, fold_address
from auth.errors import CredentialsWrong, TooManyFailures
from auth.passwords import Passwords
from auth.ports import AccountStore, FailedLogins

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Login:
    """Checks an address and a password against the accounts, and counts failures."""

    accounts: AccountStore
    failed_logins: FailedLogins
    passwords: Passwords
    clock: Clock

    def authenticate(self, username: str, password: str) -> Account:
        """The active account that `username` and `password` belong to.

        Raises CredentialsWrong after the same work whether the account is unknown, disabled or has
        another password; TooManyFailures, without looking at the password, once there were too
        many; AccountsUnavailable.
        """
        name = fold_address(username)
        wait = self.failed_logins.refusal(name, self.clock())
        if wait is not None:
            raise TooManyFailures(wait)
        account = self.accounts.find(name)
        matches = self.passwords.verify(account.password_hash if account else None, password)
        if account is None or not matches or not account.active:
            wait = self.failed_logins.add(name, self.clock())
            raise CredentialsWrong if wait is None else TooManyFailures(wait)
        wait = self.failed_logins.settle(name, self.clock())
        if wait is not None:
            raise TooManyFailures(wait)
        if self.passwords.is_outdated(account.password_hash):
            self.accounts.replace_hash(account, self.passwords.hash(password))
        return account
