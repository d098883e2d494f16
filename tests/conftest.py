"""Real servers for every test: started once when first asked for, on free ports, with own data."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import settings

from devstack.mail_sink import MailSink, Mode
from devstack.mariadb import MariaDB
from devstack.mongodb import MongoDB
from devstack.ports import free_port
from devstack.rabbitmq import RabbitMQ

VHOSTS_AT_ONCE = 40

# A run tells of the change that it is made for, not of the luck or the load of the day. Examples
# that were never tried are looked for with --hypothesis-profile exploring.
settings.register_profile("exploring", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq"), free_port()) as server:
        yield server


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoDB]:
    # Test commands allow failpoints: connections that break when a test says so.
    options = ("--setParameter", "enableTestCommands=1")
    with MongoDB(tmp_path_factory.mktemp("mongodb"), free_port(), options) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    with MariaDB(tmp_path_factory.mktemp("mariadb"), free_port()) as server:
        yield server


@pytest.fixture(scope="session")
def mail_sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailSink]:
    with MailSink(tmp_path_factory.mktemp("mail"), free_port()) as server:
        yield server


@pytest.fixture(scope="session")
def _vhosts(rabbitmq: RabbitMQ) -> Iterator[str]:
    return _endless_vhosts(rabbitmq)


def _endless_vhosts(rabbitmq: RabbitMQ) -> Iterator[str]:
    for first in itertools.count(0, VHOSTS_AT_ONCE):
        names = [f"test-{number}" for number in range(first, first + VHOSTS_AT_ONCE)]
        rabbitmq.add_vhosts(names)
        yield from names


@pytest.fixture
def amqp_url(rabbitmq: RabbitMQ, _vhosts: Iterator[str]) -> str:
    """A virtual host of the test's own, without any queue."""
    return rabbitmq.vhost_url(next(_vhosts))


@pytest.fixture
def mongodb_url(mongodb: MongoDB) -> Iterator[str]:
    """MongoDB with nothing in it."""
    mongodb.drop_databases()
    yield mongodb.url
    mongodb.drop_databases()


@pytest.fixture(scope="session")
def _database_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def mysql_url(mariadb: MariaDB, _database_numbers: Iterator[int]) -> str:
    """An empty MySQL database of the test's own."""
    return mariadb.new_database(f"auth_{next(_database_numbers)}")


@pytest.fixture
def smtp_url(mail_sink: MailSink) -> Iterator[str]:
    """The mail server, accepting; mails of earlier tests are gone."""
    mail_sink.clear()
    yield mail_sink.url
    mail_sink.set_mode(Mode.ACCEPT)
