"""Settings of the notification service."""

from datetime import timedelta

from pydantic import Field, SecretStr, field_validator

from chassis.errors import Permanent
from chassis.settings import ConsumerSettings, LinkSettings
from notification.addresses import sender_address
from notification.smtp_url import MailServer


class NotificationSettings(LinkSettings, ConsumerSettings):
    """What the notification service is told by its environment."""

    smtp_url: SecretStr = Field(
        description="Mail server, as `smtp+starttls://user:password@mail.example.com:587`; also"
        " `smtps://` (TLS from the start) and `smtp://` (no TLS). User and password may be left"
        " out; special characters in them are percent-encoded."
    )
    mail_from: str = Field(
        description="Sender of the mails, as `MP3 <mp3@example.com>` or the address alone."
    )
    mail_timeout_seconds: float = Field(
        20,
        gt=0,
        description="How long handing over one mail may take in all; two thirds of LEASE_SECONDS"
        " where that is less.",
    )
    mail_workers: int = Field(4, ge=1, le=64, description="How many mails are sent at once.")

    @property
    def mail_timeout(self) -> float:
        """Seconds in which a mail is handed over or not at all, well before its claim runs out."""
        return min(self.mail_timeout_seconds, self.lease_seconds * 2 / 3)

    @property
    def link_lifetime(self) -> timedelta:
        """How long a link in a mail works."""
        return timedelta(hours=self.link_hours)

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr) -> SecretStr:
        MailServer.parse(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_one_address(cls, value: str) -> str:
        try:
            sender_address(value)
        except Permanent as error:
            raise ValueError("is not exactly one mail address") from error
        return value
