"""Reading a password in a shell."""

import getpass
import io
import sys

import pytest

from auth.commands import read_password
from auth.errors import PasswordUnacceptable


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_gives_its_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a pipe the first line is the password, spaces included."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(" correct horse \r\nsecond line\n"))
    assert read_password() == " correct horse "


def test_a_person_types_it_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal it is asked for twice without being shown, and must be the same."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    typed = iter(["correct horse", "correct horse", "correct horse", "correct hors"])
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(typed))
    assert read_password() == "correct horse"
    with pytest.raises(PasswordUnacceptable):
        read_password()
