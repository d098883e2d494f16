"""A real SMTP server on loopback that keeps every mail in a Maildir, and misbehaves when told.

Run as a program (`python -m devstack.mail_sink FOLDER PORT`) it is the server; `MailSink` starts
and controls it. How it behaves stands in the file `mode`, which is read anew for every mail.
"""

import asyncio
import enum
import os
import sys
from mailbox import Maildir as Mailbox
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from devstack.maildir import Maildir
from devstack.ports import LOOPBACK
from devstack.server import Server, first_bytes

SOURCES = Path(__file__).parent.parent


class Mode(enum.StrEnum):
    """What the server does with a mail."""

    ACCEPT = "accept"
    DEFER = "defer"  # 451 at RCPT: try again later
    REFUSE = "refuse"  # 550 at RCPT: never
    HANG = "hang"  # takes the text and then says nothing, keeping nothing
    DIE = "die"  # keeps the mail and dies before it answers; accepts when started again


class MailSink(Server):
    """The mail server as a process of its own."""

    title = "mail sink"

    @property
    def url(self) -> str:
        """Address as SMTP_URL takes it."""
        return f"smtp://{LOOPBACK}:{self.port}"

    @property
    def mail_folder(self) -> Path:
        """The Maildir."""
        return self.folder / "Maildir"

    @property
    def mails(self) -> Maildir:
        """What arrived."""
        return Maildir(self.mail_folder)

    def set_mode(self, mode: Mode) -> None:
        """Behave like `mode` from the next mail on."""
        _write_mode(self.folder, mode)

    def clear(self) -> None:
        """Remove every mail."""
        for path in self.mail_folder.glob("*/*"):
            path.unlink()

    def command(self) -> list[str]:
        """The program that stands in this module."""
        return [sys.executable, "-m", "devstack.mail_sink", str(self.folder), str(self.port)]

    def environment(self) -> dict[str, str]:
        """Where this package is."""
        return super().environment() | {"PYTHONPATH": str(SOURCES)}

    def answering(self) -> bool:
        """Whether it greets a client (RFC 5321, section 4.2)."""
        return first_bytes(self.port, b"", 3) == b"220"


class _Handler:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mailbox = Mailbox(folder / "Maildir", create=True)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names and parameters
        self,
        server: SMTP,  # noqa: ARG002 - a parameter that aiosmtpd passes by name
        session: Session,  # noqa: ARG002 - a parameter that aiosmtpd passes by name
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002 - a parameter that aiosmtpd passes by name
    ) -> str:
        mode = _read_mode(self._folder)
        if mode is Mode.DEFER:
            return "451 4.3.0 Try again later"
        if mode is Mode.REFUSE:
            return "550 5.7.1 Not wanted here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 - a parameter that aiosmtpd passes by name
        session: Session,  # noqa: ARG002 - a parameter that aiosmtpd passes by name
        envelope: Envelope,
    ) -> str:
        mode = _read_mode(self._folder)
        if mode is Mode.HANG:
            await asyncio.Event().wait()
        # In a Maildir lines end as elsewhere on this machine; on the wire they end with CRLF.
        self._mailbox.add((envelope.original_content or b"").replace(b"\r\n", b"\n"))
        if mode is Mode.DIE:
            _write_mode(self._folder, Mode.ACCEPT)
            os._exit(1)
        return "250 2.0.0 Kept"


def _read_mode(folder: Path) -> Mode:
    path = folder / "mode"
    return Mode(path.read_text().strip()) if path.exists() else Mode.ACCEPT


def _write_mode(folder: Path, mode: Mode) -> None:
    fresh = folder / "mode.new"
    fresh.write_text(mode)
    fresh.replace(folder / "mode")


async def _serve(folder: Path, port: int) -> None:
    handler = _Handler(folder)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True), LOOPBACK, port
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
