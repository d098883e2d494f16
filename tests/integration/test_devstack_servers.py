"""The private servers answer when `start` returns, and come back from SIGKILL with their data."""

from collections.abc import Iterator
from pathlib import Path

import pika
import psutil
import pymongo
import pytest
import sqlalchemy

from devstack.mariadb import MariaDB
from devstack.mongodb import MongoDB
from devstack.ports import free_port
from devstack.rabbitmq import RabbitMQ
from devstack.server import Server


def _started_here() -> set[psutil.Process]:
    """Our own children: what servers of other tests start for themselves is not among them."""
    return set(psutil.Process().children())


def _lives(process: psutil.Process) -> bool:
    try:
        guards = "guardian.py" in str(process.cmdline())
        return not guards and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def leaves_nothing() -> Iterator[None]:
    """No process that a test starts is there after it."""
    before = _started_here()
    yield
    assert not [process for process in _started_here() - before if _lives(process)]


def cycle(server: Server) -> None:
    """Kill, start again."""
    pid = server.pid
    server.kill()
    assert not server.running
    assert not server.answering()
    server.start()
    assert server.pid != pid


@pytest.mark.usefixtures("leaves_nothing")
def test_rabbitmq_keeps_confirmed_messages_over_sigkill(tmp_path: Path) -> None:
    """A confirmed message in a durable queue is there after SIGKILL, and after a clean stop."""
    with RabbitMQ(tmp_path / "a folder", free_port(), ["heartbeat = 7"]) as server:
        with pika.BlockingConnection(pika.URLParameters(server.url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare("kept", durable=True)
            persistent = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
            channel.basic_publish("", "kept", b"hello", persistent)
        # The broker confirms messages, not declarations: those are on disk some seconds later.
        server.control("eval", "mnesia:sync_log().")
        cycle(server)
        server.stop()
        server.start()
        with pika.BlockingConnection(pika.URLParameters(server.url)) as connection:
            assert connection.channel().basic_get("kept", auto_ack=True)[2] == b"hello"
        assert "{heartbeat,7}" in server.control("environment").replace(" ", "")


def test_a_vhost_is_empty_and_ours(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    """Each test can have a virtual host of its own, in which its user may do everything."""
    assert amqp_url != rabbitmq.url
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        arguments = {"x-queue-type": "quorum"}
        connection.channel().queue_declare("video", durable=True, arguments=arguments)
    vhost = amqp_url.rpartition("/")[2]
    assert (
        rabbitmq.control("list_queues", "--vhost", vhost, "name", "--no-table-headers") == "video\n"
    )


@pytest.mark.usefixtures("leaves_nothing")
def test_mariadb_keeps_committed_rows_over_sigkill(tmp_path: Path) -> None:
    """A committed row is there after SIGKILL, and after a clean stop."""
    with MariaDB(tmp_path / "a folder", free_port()) as server:
        engine = sqlalchemy.create_engine(server.url, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE kept (word VARCHAR(9))")
            connection.exec_driver_sql("INSERT INTO kept VALUES ('hello')")
        cycle(server)
        server.stop()
        server.start()
        with engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT word FROM kept").scalar() == "hello"


@pytest.mark.usefixtures("leaves_nothing")
def test_mongodb_keeps_journaled_documents_over_sigkill(tmp_path: Path) -> None:
    """A document written with the journal is there after SIGKILL, and after a clean stop."""
    with MongoDB(tmp_path / "a folder", free_port()) as server:
        with pymongo.MongoClient[dict[str, object]](server.url, journal=True) as client:
            client.tests.kept.insert_one({"_id": 1})
        cycle(server)
        server.stop()
        server.start()
        with pymongo.MongoClient[dict[str, object]](server.url) as client:
            assert client.tests.kept.find_one() == {"_id": 1}
        server.drop_databases()
        with pymongo.MongoClient[dict[str, object]](server.url) as client:
            assert "tests" not in client.list_database_names()


def test_a_suspended_server_does_not_answer(tmp_path: Path) -> None:
    """SIGSTOP silences a server; SIGCONT brings it back with its connections."""
    with MongoDB(tmp_path, free_port()) as server:
        server.suspend()
        assert not server.answering()
        server.resume()
        assert server.answering()


def test_passwords_are_for_their_owner_only(rabbitmq: RabbitMQ, mariadb: MariaDB) -> None:
    """No other user of the machine can read a password from the folders of the servers."""
    for path in (
        rabbitmq.folder / "password",
        mariadb.folder / "password",
        mariadb.folder / "init.sql",
    ):
        assert path.stat().st_mode & 0o077 == 0
    assert (rabbitmq.folder / "rabbitmq.conf").stat().st_mode & 0o077 == 0
