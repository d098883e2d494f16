"""Failed logins in MySQL, so that all replicas count together."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.mysql import insert
from sqlalchemy.orm import Session

from auth.database import transaction
from auth.models import FailedLoginsRow
from auth.throttle import Throttle

PURGED_AT_ONCE: Final = 10


class MySQLFailedLogins:
    """Keeps the promises of `auth.ports.FailedLogins`: one row for each name, locked to change."""

    def __init__(self, engine: Engine, throttle: Throttle) -> None:
        self._engine = engine
        self._throttle = throttle

    def refusal(self, name: str, now: datetime) -> timedelta | None:
        """How long logins under `name` are refused; None if they are not."""
        with transaction(self._engine) as session:
            row = session.get(FailedLoginsRow, _key(name))
            return None if row is None else self._throttle.wait(_moments(row), now)

    def add(self, name: str, now: datetime) -> timedelta | None:
        """Count a failure under `name`; how long logins are refused now, None if they are not."""
        key = _key(name)
        expires_at = now + self._throttle.window
        first = insert(FailedLoginsRow).values(name_sha256=key, failed_at=[], expires_at=expires_at)
        # Makes the row if there is none, and keeps it locked until the end.
        upsert = first.on_duplicate_key_update(expires_at=expires_at)
        with transaction(self._engine) as session:
            session.execute(upsert)
            row = session.get_one(FailedLoginsRow, key)
            counted = self._throttle.recent([*_moments(row), now], now)
            row.failed_at = [moment.timestamp() for moment in counted]
        self._purge(now)
        return self._throttle.wait(counted, now)

    def settle(self, name: str, now: datetime) -> timedelta | None:
        """Forget the failures of `name`; how long its logins are refused if they are too many."""
        with transaction(self._engine) as session:
            row = session.get(FailedLoginsRow, _key(name), with_for_update=True)
            wait = None if row is None else self._throttle.wait(_moments(row), now)
            if row is not None and wait is None:
                session.delete(row)
            return wait

    def forget(self, name: str) -> None:
        """Forget the failures of `name` in any case."""
        with transaction(self._engine) as session:
            session.execute(
                delete(FailedLoginsRow).where(FailedLoginsRow.name_sha256 == _key(name))
            )

    def _purge(self, now: datetime) -> None:
        """Drop some rows that count no more: more than one for each that is made."""
        with transaction(self._engine) as session:
            for row in _expired(session, now):
                session.delete(row)


def _expired(session: Session, now: datetime) -> list[FailedLoginsRow]:
    wanted = select(FailedLoginsRow).where(FailedLoginsRow.expires_at <= now)
    # Rows that somebody is working on are left to the next purge: nobody waits, none deadlocks.
    return list(session.scalars(wanted.limit(PURGED_AT_ONCE).with_for_update(skip_locked=True)))


def _moments(row: FailedLoginsRow) -> list[datetime]:
    return [datetime.fromtimestamp(seconds, UTC) for seconds in row.failed_at]


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
