"""A mail server in the test's own process, which asks the test before it answers."""

import asyncio
import ssl
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from devstack.ports import LOOPBACK, free_port

Answer = Callable[[EmailMessage], str | None]
"""Called with each mail that was taken; the answer to DATA, None: it was taken."""

USER, PASSWORD = "mailer", "p:a/s s"


class HookedServer:
    """Keeps mails in `mails` and envelopes in `envelopes`.

    With a context it speaks TLS; it takes `slowness` seconds for each of MAIL and RCPT.
    """

    def __init__(
        self,
        answer: Answer | None = None,
        *,
        replies: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        login: bool = False,
        slowness: float = 0.0,
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.port = free_port()
        self.answer = answer
        self._replies = replies or {}
        self._slowness = slowness
        more: dict[str, Any] = {}
        if login:
            more |= {"authenticator": self._check, "auth_required": True}
            more |= {"auth_require_tls": starttls is not None}
        if starttls:
            more |= {"tls_context": starttls, "require_starttls": True}
        self._controller = Controller(
            self, hostname=LOOPBACK, port=self.port, ssl_context=tls, enable_SMTPUTF8=True, **more
        )

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RFC 5321, section 4.1.1.2."""
        await asyncio.sleep(self._slowness)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._replies.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RFC 5321, section 4.1.1.3."""
        await asyncio.sleep(self._slowness)
        envelope.rcpt_tos.append(address)
        return self._replies.get("RCPT", "250 OK")

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """RFC 5321, section 4.1.1.4."""
        content = envelope.original_content or b""
        mail = message_from_bytes(content, policy=policy.default)
        self.envelopes.append(envelope)
        self.mails.append(mail)
        said = self.answer(mail) if self.answer else None
        return said or self._replies.get("DATA", "250 OK")

    async def handle_QUIT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """RFC 5321, section 4.1.1.10."""
        return self._replies.get("QUIT", "221 Bye")

    def _check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        known = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=given == known, handled=False)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._controller.stop()
