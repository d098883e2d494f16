"""Accounts in MySQL."""

from collections.abc import Sequence

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auth.accounts import Account, Change
from auth.database import transaction
from auth.errors import AccountMissing, AddressTaken, LastAdmin
from auth.models import UserRow


class MySQLAccounts:
    """Keeps the promises of `auth.ports.AccountStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, username: str) -> Account | None:
        """The account with exactly this address."""
        with transaction(self._engine) as session:
            row = session.scalar(select(UserRow).where(UserRow.username == username))
            return None if row is None else _account(row)

    def get(self, account_id: str) -> Account | None:
        """The account with this id."""
        with transaction(self._engine) as session:
            row = session.get(UserRow, account_id)
            return None if row is None else _account(row)

    def page(self, after: str, limit: int) -> Sequence[Account]:
        """The first `limit` accounts whose addresses follow `after`, by address."""
        wanted = select(UserRow).where(UserRow.username > after)
        with transaction(self._engine) as session:
            rows = session.scalars(wanted.order_by(UserRow.username).limit(limit))
            return [_account(row) for row in rows]

    def add(self, account: Account) -> None:
        """Keep a new account; raises AddressTaken."""
        row = UserRow(
            id=account.id,
            username=account.username,
            password_hash=account.password_hash,
            admin=account.admin,
            active=account.active,
            created_at=account.created_at,
        )
        try:
            with transaction(self._engine) as session:
                session.add(row)
        except IntegrityError as error:
            raise AddressTaken from error

    def change(self, account_id: str, change: Change) -> Account:
        """Change an account and return it; raises AccountMissing, LastAdmin."""
        demoted = change.active is False or change.admin is False
        with transaction(self._engine) as session:
            row = _locked(session, account_id, keep_an_admin=demoted)
            if change.active is not None:
                row.active = change.active
            if change.admin is not None:
                row.admin = change.admin
            if change.password_hash is not None:
                row.password_hash = change.password_hash
            return _account(row)

    def replace_hash(self, account: Account, password_hash: str) -> None:
        """Give `account` another hash, unless its hash has been changed meanwhile."""
        unchanged = (UserRow.id == account.id, UserRow.password_hash == account.password_hash)
        with transaction(self._engine) as session:
            session.execute(update(UserRow).where(*unchanged).values(password_hash=password_hash))

    def remove(self, account_id: str) -> None:
        """Forget an account; raises AccountMissing, LastAdmin."""
        with transaction(self._engine) as session:
            _locked(session, account_id, keep_an_admin=True)
            session.execute(delete(UserRow).where(UserRow.id == account_id))


def _locked(session: Session, account_id: str, *, keep_an_admin: bool) -> UserRow:
    """The row, locked; raises AccountMissing, and LastAdmin where one has to be left without it."""
    if keep_an_admin:
        # All active admins are locked, always in the order of the primary key: of two that are
        # taken away at the same time the second one sees what became of the first.
        admins = select(UserRow.id).where(UserRow.admin, UserRow.active).order_by(UserRow.id)
        if list(session.scalars(admins.with_for_update())) == [account_id]:
            raise LastAdmin
    row = session.get(UserRow, account_id, with_for_update=True)
    if row is None:
        raise AccountMissing
    return row


def _account(row: UserRow) -> Account:
    return Account(
        id=row.id,
        username=row.username,
        password_hash=row.password_hash,
        admin=row.admin,
        active=row.active,
        created_at=row.created_at,
    )
