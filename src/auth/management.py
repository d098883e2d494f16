"""What can be done to accounts, over HTTP and from a shell alike."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from auth.accounts import Account, Change, check_password, fold_address, parse_address
from auth.errors import AccountMissing, AddressTaken, CredentialsWrong, CurrentPasswordWrong
from auth.login import Clock, Login
from auth.passwords import Passwords
from auth.ports import AccountStore, FailedLogins


@dataclass(frozen=True, slots=True)
class Management:
    """Adds, shows, changes and removes accounts by the rules of `auth.accounts`.

    Every method raises AccountsUnavailable when they cannot be reached.
    """

    accounts: AccountStore
    failed_logins: FailedLogins
    passwords: Passwords
    login: Login
    clock: Clock

    def page(self, after: str = "", limit: int = 100) -> Sequence[Account]:
        """At most `limit` accounts by address, those that follow the address `after`."""
        return self.accounts.page(after, limit)

    def get(self, account_id: str) -> Account:
        """The account with this id; raises AccountMissing."""
        account = self.accounts.get(account_id)
        if account is None:
            raise AccountMissing
        return account

    def find(self, username: str) -> Account:
        """The account with this address, in any case; raises AccountMissing."""
        account = self.accounts.find(fold_address(username))
        if account is None:
            raise AccountMissing
        return account

    def add(self, username: str, password: str, *, admin: bool = False) -> Account:
        """A new, active account.

        Raises AddressInvalid, PasswordUnacceptable, AddressTaken.
        """
        address = parse_address(username)
        check_password(password, address)
        account = Account(
            id=str(uuid.uuid4()),
            username=address,
            password_hash=self.passwords.hash(password),
            admin=admin,
            active=True,
            created_at=self.clock(),
        )
        self.accounts.add(account)
        return account

    def ensure_admin(self, username: str, password: str) -> bool:
        """Add an admin with this address unless there is such an account; whether it was added.

        An account that exists stays as it is, with its own password. Replicas that start at the
        same time may all try: one of them adds it.
        """
        if self.accounts.find(parse_address(username)) is not None:
            return False
        try:
            self.add(username, password, admin=True)
        except AddressTaken:
            return False
        return True

    def change(
        self,
        account_id: str,
        *,
        active: bool | None = None,
        admin: bool | None = None,
        password: str | None = None,
    ) -> Account:
        """Change what is given and return the account as it is then.

        A new password also lifts the refusal after too many failed logins.
        Raises AccountMissing, PasswordUnacceptable, LastAdmin.
        """
        password_hash = None
        if password is not None:
            check_password(password, self.get(account_id).username)
            password_hash = self.passwords.hash(password)
        account = self.accounts.change(account_id, Change(active, admin, password_hash))
        if password is not None:
            self.failed_logins.forget(account.username)
        return account

    def change_own_password(self, account: Account, current: str, new: str) -> None:
        """Give `account` the password `new`, if `current` is the one it has.

        Raises CurrentPasswordWrong, PasswordUnacceptable, TooManyFailures.
        """
        try:
            self.login.authenticate(account.username, current)
        except CredentialsWrong as error:
            raise CurrentPasswordWrong from error
        self.change(account.id, password=new)

    def remove(self, account_id: str) -> None:
        """Forget the account; raises AccountMissing, LastAdmin."""
        self.accounts.remove(account_id)
