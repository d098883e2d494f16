"""What `python -m auth` can do to accounts from a shell."""

import getpass
import sys
from argparse import Namespace
from typing import Any

from auth.errors import PasswordUnacceptable
from auth.management import Management


def add_commands(commands: Any) -> None:
    """Describe `users` and its commands to the subparsers of an ArgumentParser."""
    users = commands.add_parser("users", help="work on accounts").add_subparsers(
        title="commands", dest="user_command", required=True
    )
    listing = users.add_parser("list", help="print every account")
    listing.set_defaults(work=_list)
    adding = users.add_parser("add", help="add an account; its password is read from stdin")
    adding.add_argument("email")
    adding.add_argument("--admin", action="store_true", help="who may manage accounts")
    adding.set_defaults(work=_add)
    for name, work, text in (
        ("set-password", _set_password, "give an account another password, read from stdin"),
        ("disable", _disable, "let an account not log in any more"),
        ("enable", _enable, "let an account log in again"),
        ("grant-admin", _grant_admin, "let an account manage accounts"),
        ("revoke-admin", _revoke_admin, "let an account not manage accounts any more"),
        ("remove", _remove, "remove an account"),
    ):
        command = users.add_parser(name, help=text)
        command.add_argument("email")
        command.set_defaults(work=work)


def read_password() -> str:
    """The password: asked for twice on a terminal, otherwise the first line of standard input.

    It is never an argument: those can be seen by every user of the machine.
    Raises PasswordUnacceptable if the two are not the same.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise PasswordUnacceptable("the two are not the same")
    return password


def _list(management: Management, _arguments: Namespace) -> None:
    after = ""
    while accounts := management.page(after):
        for account in accounts:
            role = "admin" if account.admin else "user"
            state = "active" if account.active else "disabled"
            print(account.id, state, role, account.username, sep="\t")
        after = accounts[-1].username


def _add(management: Management, arguments: Namespace) -> None:
    account = management.add(arguments.email, read_password(), admin=arguments.admin)
    print(account.id)


def _set_password(management: Management, arguments: Namespace) -> None:
    management.change(management.find(arguments.email).id, password=read_password())


def _disable(management: Management, arguments: Namespace) -> None:
    management.change(management.find(arguments.email).id, active=False)


def _enable(management: Management, arguments: Namespace) -> None:
    management.change(management.find(arguments.email).id, active=True)


def _grant_admin(management: Management, arguments: Namespace) -> None:
    management.change(management.find(arguments.email).id, admin=True)


def _revoke_admin(management: Management, arguments: Namespace) -> None:
    management.change(management.find(arguments.email).id, admin=False)


def _remove(management: Management, arguments: Namespace) -> None:
    management.remove(management.find(arguments.email).id)
