"""The commands of `python -m auth`, on a real database."""

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import structlog

from auth.__main__ import main
from auth.keys import SigningKeys
from devstack.services import base_environment
from tests.integration.auth.replicas import PASSWORD, Replica

ANN = "ann@example.com"


@dataclass
class Done:
    """How a command ended."""

    code: object
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command as the program does, without the seconds that a new Python takes to start."""

    def call(url: str, *arguments: str, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()  # what the replica in this process has logged
        try:
            code: object = main(arguments, {"MYSQL_URL": url} if url else {})
        except SystemExit as end:
            code = end.code
        return Done(code, *capsys.readouterr())

    yield call
    structlog.reset_defaults()


def test_the_program_runs(migrated_url: str) -> None:
    """`python -m auth` reads its environment and its standard input, and ends as it should."""

    def program(*arguments: str, stdin: str = "") -> Done:
        command = [sys.executable, "-m", "auth", *arguments]
        environment = base_environment() | {"MYSQL_URL": migrated_url}
        done = subprocess.run(
            command,
            env=environment,
            input=stdin,
            capture_output=True,
            check=False,
            text=True,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    added = program("users", "add", ANN, stdin=f"{PASSWORD}\n")
    assert (added.code, added.stderr) == (0, "")
    listed = program("users", "list")
    assert listed.stdout == f"{added.stdout.strip()}\tactive\tuser\t{ANN}\n"
    assert program("users", "add", ANN, stdin=PASSWORD).code == 1


def printed(run: Run, url: str, *arguments: str, stdin: str = "") -> str:
    """What a command prints that must succeed."""
    done = run(url, *arguments, stdin=stdin)
    assert (done.code, done.stderr) == (0, "")
    return done.stdout


def test_an_account_is_managed_from_a_shell(run: Run, migrated_url: str, replica: Replica) -> None:
    """Every command does what it says, on accounts that the service uses at the same time."""
    account_id = printed(
        run, migrated_url, "users", "add", "Ann@Example.com", stdin=f"{PASSWORD}\n"
    )
    assert replica.log_in(ANN).status_code == 200
    line = printed(run, migrated_url, "users", "list").rstrip("\n").split("\t")
    assert line == [account_id.strip(), "active", "user", ANN]

    printed(run, migrated_url, "users", "set-password", ANN, stdin="another password\n")
    assert replica.log_in(ANN).status_code == 401
    assert replica.log_in(ANN, "another password").status_code == 200

    printed(run, migrated_url, "users", "disable", ANN)
    assert replica.log_in(ANN, "another password").status_code == 401
    assert "disabled" in printed(run, migrated_url, "users", "list")
    printed(run, migrated_url, "users", "enable", ANN)
    assert replica.log_in(ANN, "another password").status_code == 200

    printed(run, migrated_url, "users", "grant-admin", ANN)
    assert replica.accounts.management.find(ANN).admin
    assert "\tadmin\t" in printed(run, migrated_url, "users", "list")
    printed(run, migrated_url, "users", "add", "bob@example.com", "--admin", stdin=PASSWORD)
    printed(run, migrated_url, "users", "revoke-admin", ANN)
    assert not replica.accounts.management.find(ANN).admin

    printed(run, migrated_url, "users", "remove", ANN)
    assert [account.username for account in replica.accounts.management.page()] == [
        "bob@example.com"
    ]


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("users", "add", "bob@example.com,eve@example.com"), PASSWORD, "one email address"),
        (("users", "add", "bob@example.com"), "short\n", "at least 8"),
        (("users", "add", "bob@example.com"), "", "at least 8"),
        (("users", "add", ANN), PASSWORD, "already"),
        (("users", "set-password", ANN), "short\n", "at least 8"),
        (("users", "set-password", "bob@example.com"), PASSWORD, "no such account"),
        (("users", "disable", "bob@example.com"), "", "no such account"),
        (("users", "disable", ANN), "", "last active admin"),
        (("users", "revoke-admin", ANN), "", "last active admin"),
        (("users", "remove", ANN), "", "last active admin"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said(
    run: Run, migrated_url: str, replica: Replica, arguments: tuple[str, ...], stdin: str, said: str
) -> None:
    """What cannot be done ends with 1 and one sentence, and changes nothing."""
    account = replica.add(ANN, admin=True)
    done = run(migrated_url, *arguments, stdin=stdin)
    assert (done.code, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert replica.accounts.management.page() == [account]


def test_a_database_that_is_not_there_is_said(run: Run) -> None:
    """Without a database a command ends with 1 and a sentence, without a trace or a password."""
    done = run("mysql://auth:s3cret@127.0.0.1:1/auth", "users", "list")
    assert done.code == 1
    assert "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("users",), ("dance",), ("users", "add"), ("users", "add", ANN, "password")]
)
def test_wrong_arguments_are_refused(run: Run, arguments: tuple[str, ...]) -> None:
    """Wrong arguments, a password among them, end with 2 and how to do it."""
    done = run("", *arguments)
    assert done.code == 2
    assert "usage:" in done.stderr


@pytest.mark.parametrize("command", [("serve",), ("migrate",), ("users", "list")])
def test_missing_settings_are_named(run: Run, command: tuple[str, ...]) -> None:
    """Without its settings a command ends with 2 and names what is missing."""
    done = run("", *command)
    assert done.code == 2
    assert "MYSQL_URL" in done.stderr
    assert ("SIGNING_KEYS" in done.stderr) == (command == ("serve",))


def test_keys_are_made_without_any_setting(run: Run) -> None:
    """Making keys needs nothing, and prints a key set that serve takes."""
    assert len(SigningKeys.parse(printed(run, "", "keygen")).keys) == 1
