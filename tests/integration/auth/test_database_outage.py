"""What auth does while MySQL is away, and that it comes back by itself."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from auth.migrate import is_migrated, migrate
from devstack.mariadb import MariaDB
from devstack.ports import free_port
from tests.integration.auth.replicas import Clock, CountingPasswords, Replica, refusal

ANN = "ann@example.com"


@pytest.fixture(scope="module")
def own_mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A server that these tests may kill."""
    with MariaDB(tmp_path_factory.mktemp("mariadb"), free_port()) as server:
        migrate(server.url)
        yield server


@pytest.fixture
def replica(own_mariadb: MariaDB) -> Iterator[Replica]:
    """A replica with one user, who has logged in: there are connections in the pool."""
    subject = Replica(own_mariadb.url, Clock(), CountingPasswords())
    for account in subject.accounts.management.page():
        subject.accounts.management.remove(account.id)
    subject.add(ANN)
    subject.token(ANN)
    yield subject
    subject.close()


def check_what_goes_on(replica: Replica, token: dict[str, str]) -> None:
    """Logins say when to come back; what needs no database goes on."""
    response = replica.log_in(ANN)
    assert refusal(response) == (503, "accounts_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert replica.client.post("/validate", headers=token).status_code == 200
    assert replica.client.get("/.well-known/jwks.json").status_code == 200
    response = replica.client.get("/users", headers=token)
    assert refusal(response) == (503, "accounts_unavailable")


def test_a_killed_server_is_survived(own_mariadb: MariaDB, replica: Replica) -> None:
    """While MariaDB is dead logins get 503; once it is back the next one succeeds."""
    token = replica.token(ANN)
    own_mariadb.kill()
    check_what_goes_on(replica, token)
    own_mariadb.start()
    assert replica.log_in(ANN).status_code == 200


def test_a_restart_between_two_logins_is_not_noticed(
    own_mariadb: MariaDB, replica: Replica
) -> None:
    """Connections that died in the pool cost no login."""
    own_mariadb.kill()
    own_mariadb.start()
    assert replica.log_in(ANN).status_code == 200
    assert is_migrated(replica.accounts.engine)


def test_connections_that_the_server_ended_are_replaced(
    own_mariadb: MariaDB, replica: Replica
) -> None:
    """Connections that the server has closed (wait_timeout, KILL) cost no login."""
    other = Replica(own_mariadb.url, Clock(), CountingPasswords())
    try:
        with other.accounts.engine.connect() as connection:
            own = connection.scalar(text("SELECT CONNECTION_ID()"))
            ended = 0
            for (number,) in connection.execute(
                text("SELECT id FROM information_schema.processlist WHERE id <> :own"), {"own": own}
            ).all():
                connection.execute(text("KILL CONNECTION :number"), {"number": number})
                ended += 1
    finally:
        other.close()
    assert ended > 0
    assert replica.log_in(ANN).status_code == 200


def test_a_server_that_hangs_is_survived(own_mariadb: MariaDB, replica: Replica) -> None:
    """A MariaDB that answers nothing makes logins 503 instead of hanging with it."""
    token = replica.token(ANN)
    own_mariadb.suspend()
    try:
        check_what_goes_on(replica, token)
    finally:
        own_mariadb.resume()
    assert replica.log_in(ANN).status_code == 200


def test_a_database_without_tables_is_an_outage(new_database: Callable[[], str]) -> None:
    """Before the tables are made requests get 503, not 500."""
    subject = Replica(new_database(), Clock(), CountingPasswords())
    try:
        assert refusal(subject.log_in(ANN)) == (503, "accounts_unavailable")
    finally:
        subject.close()


@pytest.fixture
def new_database(own_mariadb: MariaDB) -> Callable[[], str]:
    return lambda: own_mariadb.new_database("auth_without_tables")
