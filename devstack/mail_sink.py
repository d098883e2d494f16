"""The local mail server as the stack and the tests use it: started, told to misbehave, read."""

import sys
from pathlib import Path

from devstack.mail_mode import Mode, write_mode
from devstack.maildir import Maildir
from devstack.ports import LOOPBACK
from devstack.process import answers
from devstack.server import Server, first_bytes

SOURCES = Path(__file__).parent.parent

__all__ = ["MailSink", "Mode"]


class MailSink(Server):
    """The program `devstack.mail_server` on loopback, with its web page if `web_port` is given."""

    title = "mail sink"

    def __init__(self, folder: Path, port: int, web_port: int | None = None) -> None:
        self._web_port = web_port
        super().__init__(folder, port)

    @property
    def url(self) -> str:
        """Address as SMTP_URL takes it."""
        return f"smtp://{LOOPBACK}:{self.port}"

    @property
    def web_url(self) -> str:
        """Address of the page that shows the mails, if there is one."""
        return f"http://{LOOPBACK}:{self._web_port}"

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
        write_mode(self.folder, mode)

    def clear(self) -> None:
        """Remove every mail."""
        for path in self.mail_folder.glob("*/*"):
            path.unlink()

    def command(self) -> list[str]:
        """The program, as an image runs it too."""
        web = [] if self._web_port is None else ["--web-port", str(self._web_port)]
        return [
            *(sys.executable, "-m", "devstack.mail_server", str(self.folder)),
            *("--smtp-port", str(self.port)),
            *web,
        ]

    def environment(self) -> dict[str, str]:
        """Where this package is."""
        return super().environment() | {"PYTHONPATH": str(SOURCES)}

    def answering(self) -> bool:
        """Whether it greets a client (RFC 5321, section 4.2) and shows its page."""
        greets = first_bytes(self.port, b"", 3) == b"220"
        return greets and (self._web_port is None or answers(f"{self.web_url}/healthz"))
