"""The mail server's address as one setting: `smtp+starttls://user:password@mail.example.com:587`."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self
from urllib.parse import unquote, urlsplit


class Security(StrEnum):
    """How the connection is protected: not at all, by TLS from its start, or by STARTTLS."""

    NONE = "smtp"
    TLS = "smtps"
    STARTTLS = "smtp+starttls"


DEFAULT_PORTS: Final = {Security.NONE: 25, Security.TLS: 465, Security.STARTTLS: 587}
"""RFC 5321 for relaying, RFC 8314 and RFC 6409 for submission."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over; without `user` nobody logs in."""

    security: Security
    host: str
    port: int
    user: str | None = None
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """The server that `url` names; raises ValueError, whose text holds no part of the URL."""
        parts = urlsplit(url)
        if parts.scheme not in set(Security):
            raise ValueError(f"begins with {', '.join(f'{kind}://' for kind in Security)}")
        security = Security(parts.scheme)
        try:
            port = parts.port
        except ValueError as error:
            raise ValueError("the port is a number up to 65535") from error
        if not parts.hostname:
            raise ValueError("names no host")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(
                "ends after the host and port; special characters in a password are"
                " percent-encoded, / as %2F"
            )
        if bool(parts.username) != bool(parts.password):
            raise ValueError("has both a user and a password, or neither")
        return cls(
            security=security,
            host=parts.hostname,
            port=port or DEFAULT_PORTS[security],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
        )
