"""auth on a real MariaDB."""

from collections.abc import Callable, Iterator

import pytest

from auth.migrate import migrate
from devstack.services import new_signing_keys
from tests.integration.auth.replicas import ADMIN, Clock, CountingPasswords, Replica


@pytest.fixture
def migrated_url(mysql_url: str) -> str:
    """A database with tables and nothing in them."""
    migrate(mysql_url)
    return mysql_url


@pytest.fixture
def new_replica(migrated_url: str) -> Iterator[Callable[..., Replica]]:
    """Makes replicas on one database that share a clock."""
    clock = Clock()
    replicas: list[Replica] = []

    def make(passwords: CountingPasswords | None = None) -> Replica:
        replicas.append(Replica(migrated_url, clock, passwords or CountingPasswords()))
        return replicas[-1]

    yield make
    for replica in replicas:
        replica.close()


@pytest.fixture
def replica(new_replica: Callable[..., Replica]) -> Replica:
    """A replica without accounts."""
    return new_replica()


@pytest.fixture
def admin(replica: Replica) -> dict[str, str]:
    """The header with a token of an admin."""
    replica.add(ADMIN, admin=True)
    return replica.token(ADMIN)


@pytest.fixture(scope="session")
def signing_keys() -> str:
    """A key set as keygen prints it."""
    return new_signing_keys()
