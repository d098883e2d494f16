"""Handing a mail over to a mail server, in a bounded time, and what its answers mean.

Sources: RFC 5321 (section 4.2.1 for the meaning of 4yz and 5yz), RFC 6531 (SMTPUTF8).
"""

import smtplib
import ssl
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from time import monotonic
from typing import Any, Final

from chassis.errors import Permanent, Retryable
from notification.smtp_url import MailServer, Security

_PERMANENT_FROM: Final = 500
_LONGEST_ANSWER: Final = 200


class MailRefused(Permanent):
    """The server said that this mail or this recipient is never accepted."""

    def __init__(self, detail: str) -> None:
        super().__init__("mail_refused", f"The mail server refused the mail: {detail}")


class MailUndelivered(Retryable):
    """The server is not reachable, not ready, not set up right, or fell silent."""

    def __init__(self, detail: str) -> None:
        super().__init__("mail_undelivered", f"The mail server did not take the mail: {detail}")


class SmtpMailer:
    """Sends mails one at a time, each over a connection of its own; for any number of threads.

    A mail is handed over within `timeout` seconds of its claim or not at all: when they are over,
    nothing more is sent, so that whoever takes over then sends the only further copy. `sender`
    stands on the envelope; its domain is how we introduce ourselves (RFC 5321, section 4.1.1.1).
    """

    def __init__(self, server: MailServer, sender: Address, timeout: float) -> None:
        self._server = server
        self._sender = sender
        self._timeout = timeout

    def send(self, mail: EmailMessage, recipient: str, *, since: float) -> None:
        """Returns when the server took the mail for `recipient`, and for nobody else.

        `since` is when the mail was claimed, as `time.monotonic` has it.

        Raises MailRefused or MailUndelivered. After the latter the server may have taken the mail
        all the same: its answer was lost.
        """
        with self._connected(since + self._timeout) as connection:
            _hand_over(connection, mail, self._sender.addr_spec, recipient)

    @contextmanager
    def _connected(self, deadline: float) -> "Iterator[smtplib.SMTP]":
        """A connection that is ready for mails; whatever goes wrong up to there is no mail's fault.

        It is closed without waiting for the answer to QUIT: the mail's fate is known by then.
        """
        connection: smtplib.SMTP | None = None
        try:
            try:
                connection = self._connect(deadline)
                if self._server.security is Security.STARTTLS:
                    connection.starttls(context=ssl.create_default_context())
                if self._server.user is not None:
                    connection.login(self._server.user, self._server.password)
            except (smtplib.SMTPException, OSError) as error:
                raise MailUndelivered(_said(error)) from error
            yield connection
            with suppress(smtplib.SMTPException, OSError):
                connection.putcmd("quit")
        finally:
            if connection is not None:
                connection.close()

    def _connect(self, deadline: float) -> smtplib.SMTP:
        left = _time_left(deadline)
        host, port = self._server.host, self._server.port
        if self._server.security is Security.TLS:
            return _TlsConnection(deadline, host, port, self._sender.domain, left)
        return _Connection(deadline, host, port, self._sender.domain, left)


class _Connection(smtplib.SMTP):
    """Refuses to send anything after `deadline`, and waits for no answer beyond it."""

    def __init__(
        self,
        deadline: float,
        host: str,
        port: int,
        local_hostname: str,
        timeout: float,
        **more: Any,
    ) -> None:
        self._deadline = deadline
        super().__init__(host, port, local_hostname=local_hostname, timeout=timeout, **more)

    def send(self, s: Any) -> None:
        """As the library's, within the time that is left."""
        left = _time_left(self._deadline)
        if self.sock:
            self.sock.settimeout(left)
        super().send(s)


class _TlsConnection(_Connection, smtplib.SMTP_SSL):
    """The same, with TLS from the start and the server's certificate checked."""

    def __init__(
        self, deadline: float, host: str, port: int, local_hostname: str, timeout: float
    ) -> None:
        context = ssl.create_default_context()
        super().__init__(deadline, host, port, local_hostname, timeout, context=context)


def _time_left(deadline: float) -> float:
    """Seconds until `deadline`; raises TimeoutError when there are none."""
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError("its time is over")
    return left


def _hand_over(connection: smtplib.SMTP, mail: EmailMessage, sender: str, recipient: str) -> None:
    try:
        connection.send_message(mail, sender, [recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = error.recipients[recipient]
        raise _verdict(code, text) from error
    except smtplib.SMTPDataError as error:
        raise _verdict(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailRefused("it does not take addresses beyond ASCII (SMTPUTF8).") from error
    except (smtplib.SMTPException, OSError) as error:
        # Also when the sender is refused: that is our installation's fault, not the mail's.
        raise MailUndelivered(_said(error)) from error


def _verdict(code: int, text: bytes | str) -> Permanent | Retryable:
    said = f"{code} {_readable(text)}"
    return MailRefused(said) if code >= _PERMANENT_FROM else MailUndelivered(said)


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_readable(error.smtp_error)}"
    return f"{type(error).__name__}: {_readable(str(error))}"


def _readable(text: bytes | str) -> str:
    """What a server said, fit for a log and for a sentence."""
    decoded = text.decode(errors="replace") if isinstance(text, bytes) else text
    kept = (" " if unicodedata.category(letter) == "Cc" else letter for letter in decoded)
    return "".join(kept)[:_LONGEST_ANSWER]
