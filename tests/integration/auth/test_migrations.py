"""Making the tables, on a real MariaDB."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from auth.database import connect
from auth.errors import AccountsUnavailable
from auth.migrate import is_migrated, migrate
from auth.models import Base
from devstack.services import CHECKOUT

TABLES = {"alembic_version", "failed_logins", "users"}


@pytest.fixture
def engine(mysql_url: str) -> Iterator[Engine]:
    opened = connect(mysql_url)
    yield opened
    opened.dispose()


def test_four_processes_migrate_an_empty_database_at_once(mysql_url: str, engine: Engine) -> None:
    """Replicas that start together on an empty database all succeed, and the tables are right."""
    command = [sys.executable, "-m", "auth", "migrate"]
    environment = {"PYTHONPATH": str(CHECKOUT / "src"), "MYSQL_URL": mysql_url}
    processes = [
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ends = [(process.communicate(timeout=120)[1], process.returncode) for process in processes]
    assert [code for _, code in ends] == [0, 0, 0, 0], ends
    assert set(inspect(engine).get_table_names()) == TABLES
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM alembic_version")) == 1


def test_a_replica_waits_while_another_migrates(
    mysql_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds another at work waits for it, and says so if it takes too long."""
    monkeypatch.setattr("auth.migrate.LOCK_SECONDS", 0)
    with engine.connect() as holder:
        name = "CONCAT('auth-migrations-', LEFT(SHA2(DATABASE(), 256), 32))"
        assert holder.scalar(text(f"SELECT GET_LOCK({name}, 0)")) == 1
        with pytest.raises(AccountsUnavailable):
            migrate(mysql_url)
        assert inspect(holder).get_table_names() == []
    engine.dispose()  # the session ends, and with it the lock
    migrate(mysql_url)


def test_the_tables_are_those_of_the_models(migrated_url: str, engine: Engine) -> None:
    """What the migrations make is what the code expects."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(migrated_url: str, engine: Engine) -> None:
    """Every start may migrate: what is up to date stays as it is."""
    migrate(migrated_url)
    assert set(inspect(engine).get_table_names()) == TABLES


def test_a_migration_that_was_cut_off_is_taken_up_again(migrated_url: str, engine: Engine) -> None:
    """After a crash between making a table and writing that down, the next start goes on."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("DROP TABLE failed_logins"))
    migrate(migrated_url)
    assert set(inspect(engine).get_table_names()) == TABLES
    assert is_migrated(engine)


def test_tables_of_a_newer_release_are_left_alone(migrated_url: str, engine: Engine) -> None:
    """A replica of the release before starts on tables that a newer one has changed already."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_tomorrow'"))
    migrate(migrated_url)
    assert is_migrated(engine)


def test_an_empty_database_is_not_ready(engine: Engine) -> None:
    """Without tables auth does not say that it is ready."""
    with pytest.raises(AccountsUnavailable):
        is_migrated(engine)
