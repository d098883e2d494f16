"""The connection to MongoDB, and what its errors mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, PyMongoError

from chassis.errors import StoreUnavailable
from chassis.metrics import STORE_ERRORS

Client = MongoClient[dict[str, Any]]

CLIENT_OPTIONS: dict[str, Any] = {
    "tz_aware": True,
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "socketTimeoutMS": 60_000,
    # A majority and the journal: an acknowledged change survives a killed server, a single one too.
    "w": "majority",
    "journal": True,
}
"""For whoever opens the connection itself (the gateway, through flask-pymongo)."""


def connect(url: str, service: str) -> Client:
    """A client that connects when first used; to be shared by threads, not by processes."""
    return MongoClient(url, appname=service, **CLIENT_OPTIONS)


def is_reachable(client: Client) -> bool:
    """Whether MongoDB answers now; says so within two seconds, also when it is frozen."""
    with store_errors(), pymongo.timeout(2):
        return bool(client.admin.command("ping")["ok"])


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise StoreUnavailable for whatever the driver could not do."""
    try:
        yield
    except ConnectionFailure as error:
        STORE_ERRORS.labels(type(error).__name__).inc()
        raise StoreUnavailable("The store cannot be reached.") from error
    except PyMongoError as error:
        STORE_ERRORS.labels(type(error).__name__).inc()
        raise StoreUnavailable(f"The store refused: {type(error).__name__}.") from error
