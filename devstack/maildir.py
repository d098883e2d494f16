"""Reading the mails that arrived in a Maildir."""

import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Literal

POLL_SECONDS = 0.1


class Maildir:
    """The mails under `folder`, oldest first; a folder that does not exist holds none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def messages(self) -> list[EmailMessage]:
        """Every mail that arrived completely."""
        return [_parse(path.read_bytes()) for path in self._paths()]

    def count(self) -> int:
        """How many there are."""
        return len(self._paths())

    def headers(self, newest: int | None = None) -> dict[str, EmailMessage]:
        """The headers alone of each mail, or of the `newest`, by its name, which it keeps."""
        parser = BytesHeaderParser(policy=policy.default)
        paths = self._paths()[-newest:] if newest else self._paths()
        return {path.name: parser.parsebytes(path.read_bytes()) for path in paths}

    def raw(self, name: str) -> bytes | None:
        """The mail of that name as it arrived; None if there is none."""
        # Looked for among those that are there: a name can be anything, also a path.
        for path in self._paths():
            if path.name == name:
                return path.read_bytes()
        return None

    def get(self, name: str) -> EmailMessage | None:
        """The mail of that name; None if there is none."""
        raw = self.raw(name)
        return None if raw is None else _parse(raw)

    def _paths(self) -> list[Path]:
        # A mail is renamed into new/ (or cur/, once a reader saw it) when it is complete.
        paths = [path for part in ("new", "cur") for path in (self.folder / part).glob("*")]
        return sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def wait_for(
        self,
        *,
        to: str | None = None,
        text: str | None = None,
        timeout: float = 60.0,
    ) -> EmailMessage:
        """The first mail addressed to `to` whose plain text holds `text` (a fid, say).

        Waits until there is one; raises TimeoutError after `timeout` seconds.
        """
        return self._wait(
            lambda mail: (
                (to is None or to in str(mail["To"])) and (text is None or text in plain_text(mail))
            ),
            timeout,
        )

    def _wait(self, wanted: Callable[[EmailMessage], bool], timeout: float) -> EmailMessage:
        deadline = time.monotonic() + timeout
        while True:
            mails = self.messages()
            for mail in mails:
                if wanted(mail):
                    return mail
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"no such mail within {timeout:.0f} s; there are: "
                    f"{[str(mail['Subject']) for mail in mails]}"
                )
            time.sleep(POLL_SECONDS)


def plain_text(mail: EmailMessage) -> str:
    """The plain text part of `mail`; empty if there is none."""
    return _body(mail, "plain")


def html_text(mail: EmailMessage) -> str:
    """The HTML part of `mail`; empty if there is none."""
    return _body(mail, "html")


def _body(mail: EmailMessage, kind: Literal["plain", "html"]) -> str:
    part = mail.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:  # a charset that nobody knows
        return bytes(part.get_payload(decode=True)).decode(errors="replace")


def _parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)
