"""With the rights of its account no service can do more than it is there for."""

import json
from collections.abc import Callable
from operator import methodcaller
from typing import Any

import pika
import pytest
import sqlalchemy
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker, ProbableAccessDeniedError
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from auth.database import error_number
from devstack.ports import LOOPBACK
from tests.integration.accounts.confined_system import ACCOUNTS, ConfinedSystem

UNAUTHORIZED = 13
NAMESPACE_EXISTS = 48
ACCESS_REFUSED = 403
NOBODY = {"_id": "there is no such document"}

ROLES = {
    role["role"]: role["privileges"] for role in json.loads((ACCOUNTS / "mongodb.json").read_text())
}
COLLECTIONS = [
    *(("jobs", name) for name in ("jobs", "cached_content", "cached_links", "asked_sites")),
    *((db, name) for db in ("videos", "mp3s") for name in ("fs.files", "fs.chunks")),
    ("admin", "system.users"),
    ("elsewhere", "things"),
]
ACTIONS: dict[str, Callable[[Collection[dict[str, Any]]], object]] = {
    "find": lambda found: found.find_one(NOBODY),
    "insert": lambda found: found.insert_one({"_id": "test_no_more", "n": 0, "files_id": "none"}),
    "update": lambda found: found.update_one(NOBODY, {"$set": {"a": 1}}),
    "remove": lambda found: found.delete_one({"_id": "test_no_more"}),
    "createIndex": lambda found: found.create_index("filename"),
    "createCollection": lambda found: found.database.create_collection(
        found.name, check_exists=False
    ),
    "dropCollection": lambda found: found.drop(),
    "listIndexes": lambda found: found.index_information(),
}


@pytest.mark.parametrize("account", ROLES)
def test_mongodb(system: ConfinedSystem, account: str) -> None:
    """An account does what its role names, on the collections that it names, and nothing else."""
    privileges = {
        (one["resource"]["db"], one["resource"]["collection"], action)
        for one in ROLES[account]
        for action in one["actions"]
    }
    # https://www.mongodb.com/docs/manual/reference/command/create/#access-control
    privileges |= {
        (db, name, "createCollection") for db, name, action in privileges if action == "insert"
    }
    done = set()
    with system.mongodb_as(account) as client:
        for db, name in COLLECTIONS:
            for action, work in ACTIONS.items():
                try:
                    work(client[db][name])
                except OperationFailure as error:
                    if error.code == UNAUTHORIZED:
                        continue
                    if error.code != NAMESPACE_EXISTS:
                        raise
                done.add((db, name, action))
        with pytest.raises(OperationFailure, match="not authorized"):
            client.admin.command("usersInfo", "administrator", showCredentials=True)
    with system.mongodb_as("administrator") as client:
        for db, name in COLLECTIONS[:8]:
            client[db][name].delete_many({"_id": "test_no_more"})
    assert done == privileges


Work = Callable[[BlockingChannel], object]


def allowed(url: str, work: Work) -> bool:
    """Whether RabbitMQ does something for the account in `url`."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        try:
            work(channel)
        except ChannelClosedByBroker as error:
            if error.reply_code != ACCESS_REFUSED:
                raise
            return False
        return True


@pytest.mark.parametrize(
    ("account", "reads", "publishes"),
    [
        ("gateway", set(), True),
        ("converter", {"video"}, True),
        ("fetcher", {"link"}, True),
        ("notification", {"mp3"}, False),
        ("sweeper", {"link", "video", "mp3"}, True),
        ("autoscaling", set(), False),
    ],
)
def test_rabbitmq(system: ConfinedSystem, account: str, reads: set[str], publishes: bool) -> None:
    """Messages are read from the own queue alone; queues of other names cannot be made."""
    url = system.secret(account, "AMQP_URL")
    queues = ("link", "video", "mp3", "video.dead")
    readable = {name for name in queues if allowed(url, methodcaller("basic_get", name))}
    assert readable == reads
    publish = allowed(url, lambda channel: channel.basic_publish("", "link.dead", b"a test"))
    assert publish == publishes
    assert not allowed(url, lambda channel: channel.basic_publish("amq.topic", "x", b"a test"))
    assert not allowed(url, lambda channel: channel.queue_declare("other"))
    assert not allowed(url, lambda channel: channel.exchange_declare("other"))
    assert not allowed(url, lambda channel: channel.queue_delete("other"))
    assert allowed(url, lambda channel: channel.queue_declare("video", passive=True))
    with pytest.raises(ProbableAccessDeniedError):
        pika.BlockingConnection(pika.URLParameters(url.replace("/mp3converter", "/%2F")))


def refused(url: str, statement: str) -> bool:
    """Whether MariaDB refuses a statement to the account in `url` for want of a right."""
    no_rights = {1044, 1045, 1142, 1227, 1370, 1698}
    address = sqlalchemy.make_url(url).set(drivername="mysql+mysqldb")
    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(statement))
    except sqlalchemy.exc.DBAPIError as error:
        if error_number(error) not in no_rights:
            raise
        return True
    return False


BEYOND_BOTH = [
    "CREATE DATABASE elsewhere",
    "CREATE USER mallory",
    "GRANT SELECT ON auth.* TO root@localhost",
    "SELECT * FROM mysql.global_priv",
    "SELECT 1 INTO OUTFILE '/tmp/never'",
    "SET GLOBAL max_connections = 1",
]
TABLES = [
    "CREATE TABLE extra (id INT)",
    "ALTER TABLE extra ADD COLUMN more INT",
    "CREATE INDEX by_more ON extra (more)",
    "DROP TABLE extra",
]


def test_mysql(system: ConfinedSystem) -> None:
    """Auth changes no table, its migrations nothing but tables."""
    auth = system.secret("auth", "MYSQL_URL")
    migrations = system.secret("auth-migrations", "MYSQL_URL")
    assert [refused(auth, one) for one in BEYOND_BOTH] == [True] * len(BEYOND_BOTH)
    assert [refused(migrations, one) for one in BEYOND_BOTH] == [True] * len(BEYOND_BOTH)
    assert [refused(migrations, one) for one in TABLES] == [False] * len(TABLES)
    assert [refused(auth, one) for one in TABLES] == [True] * len(TABLES)
    assert refused(auth, "DROP TABLE users")


def test_nobody_gets_in_without_a_password(system: ConfinedSystem) -> None:
    """The accounts are locked by passwords, and each has its own."""
    others = system.secret("gateway", "AMQP_URL").replace("gateway:", "sweeper:")
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        pika.BlockingConnection(pika.URLParameters(others))
    assert refused(f"mysql://auth:@{LOOPBACK}:{system.mariadb.port}/auth", "SELECT 1")
