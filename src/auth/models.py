"""The tables of MySQL as the code sees them; `auth.migrations` makes them."""

from datetime import UTC, datetime

from sqlalchemy import JSON, Boolean, Dialect, String
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

EXACT = "utf8mb4_bin"
"""Compares code points: other collations take different addresses for the same one."""


class Moment(TypeDecorator[datetime]):
    """A point in time to the microsecond: UTC in the database, aware in the code."""

    impl = DATETIME(fsp=6)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's parameter
    ) -> datetime | None:
        """What is stored."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's parameter
    ) -> datetime | None:
        """What was stored."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Every table of auth."""


class UserRow(Base):
    """One account."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    username: Mapped[str] = mapped_column(String(254, collation=EXACT), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    admin: Mapped[bool] = mapped_column(Boolean)
    active: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(Moment)


class FailedLoginsRow(Base):
    """The times (seconds since 1970) of the failed logins under one name.

    The name itself is not kept, only its SHA-256: people type their passwords into the wrong field.
    """

    __tablename__ = "failed_logins"

    name_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    failed_at: Mapped[list[float]] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
