"""Reading the mails that arrived in a Maildir."""

import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

POLL_SECONDS = 0.1


class Maildir:
    """The mails under `folder`, oldest first; a folder that does not exist holds none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def messages(self) -> list[EmailMessage]:
        """Every mail that arrived completely."""
        # A mail is renamed into new/ (or cur/, once a reader saw it) when it is complete.
        paths = [path for part in ("new", "cur") for path in (self.folder / part).glob("*")]
        paths.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [_parse(path.read_bytes()) for path in paths]

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
    part = mail.get_body(preferencelist=("plain",))
    return "" if part is None else str(part.get_content())


def _parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)
