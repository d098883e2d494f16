"""`python -m auth`: serves auth, and works on accounts from a shell.

Ends with 0; with 1 and a sentence on standard error when something could not be done; with 2 for
wrong arguments or settings.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial

import structlog
from flask import Flask

from auth import commands, keys, server
from auth.app import create_app
from auth.migrate import is_migrated, migrate
from auth.preparation import Preparation, when_reachable
from auth.settings import AccountSettings, AuthSettings
from auth.wiring import Accounts
from chassis import logs
from chassis.errors import ServiceError
from chassis.health import HealthServer
from chassis.settings import load_settings


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what `arguments` say with the settings in `environ`; returns the exit code."""
    parsed = _parser().parse_args(arguments)
    if parsed.command == "keygen":
        print(keys.generate())
        return 0
    if parsed.command == "serve":
        _serve(load_settings(AuthSettings, environ))
        return 0
    settings = load_settings(AccountSettings, environ)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        if parsed.command == "migrate":
            _migrate(settings, wait=parsed.wait)
        else:
            parsed.work(Accounts.build(settings, connections=1).management, parsed)
    except ServiceError as error:
        print(error.detail, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m auth", description="Accounts and tokens.")
    parts = parser.add_subparsers(title="commands", dest="command", required=True)
    parts.add_parser("serve", help="serve the API; makes the tables and the first admin as needed")
    parts.add_parser("keygen", help="print a new key set for SIGNING_KEYS")
    migration = parts.add_parser("migrate", help="make the tables, or bring them up to date")
    migration.add_argument("--wait", action="store_true", help="wait for a database that is away")
    commands.add_commands(parts)
    return parser


def _migrate(settings: AccountSettings, *, wait: bool) -> None:
    work = partial(migrate, settings.mysql_url.get_secret_value())
    if wait:
        when_reachable(work)
    else:
        work()


def _serve(settings: AuthSettings) -> None:
    logs.configure("auth", settings.log_level)
    server.serve(settings, lambda: _load(settings))


def _load(settings: AuthSettings) -> Flask:
    """The application with all that runs beside it, in the process that serves."""
    accounts = Accounts.build(settings, connections=settings.threads)
    preparation = Preparation(lambda: _prepare(settings, accounts))
    ready = {"database": lambda: preparation.done and is_migrated(accounts.engine)}
    preparation.start()
    HealthServer(settings.listen_host, settings.metrics_port, live={}, ready=ready).start()
    return create_app(settings, accounts, ready)


def _prepare(settings: AuthSettings, accounts: Accounts) -> None:
    migrate(settings.mysql_url.get_secret_value())
    if settings.admin_email is not None and settings.admin_password is not None:
        password = settings.admin_password.get_secret_value()
        accounts.management.ensure_admin(settings.admin_email, password)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
