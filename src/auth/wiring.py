"""Puts the rules and their storage together, for the web service and for the shell alike."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Engine

from auth.account_store import MySQLAccounts
from auth.database import connect
from auth.failed_login_store import MySQLFailedLogins
from auth.login import Clock, Login
from auth.management import Management
from auth.passwords import Passwords
from auth.settings import AccountSettings
from auth.throttle import Throttle
from chassis.jobs import now_utc


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everything that works on the accounts of one database."""

    engine: Engine
    login: Login
    management: Management

    @classmethod
    def build(
        cls,
        settings: AccountSettings,
        *,
        connections: int,
        clock: Clock = now_utc,
        passwords: Passwords | None = None,
    ) -> Self:
        """As `settings` say, with at most so many connections; connects to nothing yet."""
        if passwords is None:
            passwords = Passwords(settings.password_memory_kib, settings.password_passes)
        engine = connect(settings.mysql_url.get_secret_value(), pool_size=connections)
        accounts = MySQLAccounts(engine)
        failed_logins = MySQLFailedLogins(engine, Throttle())
        login = Login(accounts, failed_logins, passwords, clock)
        management = Management(accounts, failed_logins, passwords, login, clock)
        return cls(engine, login, management)
