"""Bringing the tables up to date, once, however many replicas start at the same time."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from auth.database import connect, connection
from auth.errors import AccountsUnavailable

LOCK_SECONDS: Final = 300
MIGRATION_SECONDS: Final = 3600

log = structlog.get_logger(__name__)


def migrate(url: str) -> None:
    """Bring the tables of the database up to date; raises AccountsUnavailable.

    Tables that a newer release has made stay as they are: migrations leave the tables usable by
    the release before (see `auth.migrations`).
    """
    engine = connect(url, answer_seconds=MIGRATION_SECONDS)
    try:
        with connection(engine) as opened, _locked(opened):
            _upgrade(opened)
    finally:
        engine.dispose()


def is_migrated(engine: Engine) -> bool:
    """Whether the tables were made; raises AccountsUnavailable."""
    with connection(engine) as opened:
        return opened.scalar(text("SELECT version_num FROM alembic_version")) is not None


def _upgrade(opened: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "auth:migrations")
    config.attributes["connection"] = opened
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = set(MigrationContext.configure(opened).get_current_heads())
    if current - known:
        log.warning("the tables are of a newer release", revisions=sorted(current))
        return
    command.upgrade(config, "head")
    opened.commit()


@contextmanager
def _locked(opened: Connection) -> Iterator[None]:
    """Hold a lock that one session of all can have; it goes with the session, however that ends.

    The migration runs on the same session, so it cannot go on after the lock is lost.
    Source: https://dev.mysql.com/doc/refman/8.0/en/locking-functions.html
    """
    # Locks belong to the whole server, so the name of the database is in it; 64 characters at most.
    database = hashlib.sha256(str(opened.engine.url.database).encode()).hexdigest()[:32]
    name = {"name": f"auth-migrations-{database}"}
    wait = {**name, "seconds": LOCK_SECONDS}
    if opened.scalar(text("SELECT GET_LOCK(:name, :seconds)"), wait) != 1:
        log.warning("another replica has been migrating the tables for too long")
        raise AccountsUnavailable
    try:
        yield
    finally:
        if not opened.invalidated:
            opened.rollback()
            opened.execute(text("SELECT RELEASE_LOCK(:name)"), name)
