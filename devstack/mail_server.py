"""A real SMTP server that keeps every mail in a Maildir, and a web page that shows them.

`python -m devstack.mail_server FOLDER --smtp-port PORT --web-port PORT` runs it, without the page
if no port is given for it. It takes mails for everybody and asks nobody who they are: it is for
loopback, for tests, and for networks of one's own.
"""

import argparse
import asyncio
import os
import sys
from mailbox import Maildir as Mailbox
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from devstack.mail_mode import Mode, read_mode, write_mode
from devstack.mail_page import MailPage
from devstack.maildir import Maildir


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
        mode = read_mode(self._folder)
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
        mode = read_mode(self._folder)
        if mode is Mode.HANG:
            await asyncio.Event().wait()
        # In a Maildir lines end as elsewhere on this machine; on the wire they end with CRLF.
        self._mailbox.add((envelope.original_content or b"").replace(b"\r\n", b"\n"))
        if mode is Mode.DIE:
            write_mode(self._folder, Mode.ACCEPT)
            os._exit(1)
        return "250 2.0.0 Kept"


async def _serve(folder: Path, host: str, port: int) -> None:
    handler = _Handler(folder)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True), host, port
    )
    async with server:
        await server.serve_forever()


def main(arguments: list[str]) -> None:
    """Run until a signal ends it: what was taken is on disk."""
    parser = argparse.ArgumentParser(prog="python -m devstack.mail_server", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the mails are kept")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--web-port", type=int)
    options = parser.parse_args(arguments)
    if options.web_port is not None:
        mails = Maildir(options.folder / "Maildir")
        MailPage(mails, options.host, options.web_port).start()
    asyncio.run(_serve(options.folder, options.host, options.smtp_port))


if __name__ == "__main__":
    main(sys.argv[1:])
