"""Connections to MySQL or MariaDB, and what becomes of its errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from auth.errors import AccountsUnavailable

CONNECT_SECONDS: Final = 3
ANSWER_SECONDS: Final = 5
CHECKOUT_SECONDS: Final = 5.0
RECYCLE_SECONDS: Final = 1800  # well under MySQL's wait_timeout, and any firewall's
NO_SUCH_TABLE: Final = 1146  # ER_NO_SUCH_TABLE: the migrations have not run yet

log = structlog.get_logger(__name__)


def check_url(url: str) -> None:
    """Raise ValueError unless `url` names a database of MySQL; its text holds no secret."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ValueError("this is not a URL") from error
    if parsed.drivername != "mysql" or not parsed.host or not parsed.database:
        raise ValueError("it must look like mysql://user:password@host:3306/database")


def connect(url: str, *, pool_size: int = 1, answer_seconds: int = ANSWER_SECONDS) -> Engine:
    """A pool of connections; none is made before it is needed.

    A connection is tried before it is used, so that a server that was restarted costs nothing but
    the new connection. No call waits for longer than `answer_seconds`.
    """
    return create_engine(
        make_url(url).set(drivername="mysql+mysqldb"),
        pool_pre_ping=True,
        pool_recycle=RECYCLE_SECONDS,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CHECKOUT_SECONDS,
        # Locking reads then lock the rows they find, and no gaps between them.
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        connect_args={
            "charset": "utf8mb4",
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": answer_seconds,
            "write_timeout": answer_seconds,
        },
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session whose work is committed at the end; raises AccountsUnavailable.

    Errors that are about the data, such as IntegrityError, come through as they are.
    """
    with reachable(), Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection that keeps its session with the server; raises AccountsUnavailable."""
    with reachable(), engine.connect() as opened:
        yield opened


@contextmanager
def reachable() -> Iterator[None]:
    """Turn errors of a server that is down, or not set up yet, into AccountsUnavailable."""
    try:
        yield
    except SQLAlchemyError as error:
        if not _is_unavailability(error):
            raise
        reason = error.orig if isinstance(error, DBAPIError) else error
        log.warning("database unavailable", error=repr(reason))
        raise AccountsUnavailable from error


def error_number(error: SQLAlchemyError) -> int | None:
    """MySQL's number of an error; None if it has none."""
    arguments = error.orig.args if isinstance(error, DBAPIError) and error.orig else ()
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def _is_unavailability(error: SQLAlchemyError) -> bool:
    if isinstance(error, ProgrammingError):
        return error_number(error) == NO_SUCH_TABLE
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)
