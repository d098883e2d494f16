"""The settings of the notification service."""

import pytest

from chassis.settings import BadSettings, read_settings
from notification.settings import NotificationSettings

GOOD = {
    "MONGODB_URL": "mongodb://localhost",
    "AMQP_URL": "amqp://localhost",
    "SMTP_URL": "smtps://u:hush@mail.example.com",
    "MAIL_FROM": "MP3 <mp3@example.com>",
    "PUBLIC_URL": "https://mp3.example.com/",
    "LINK_SECRET": "0123456789abcdef",
}


def test_good_settings_are_read() -> None:
    """The public URL loses its last slash, secrets stay out of the repr."""
    settings = read_settings(NotificationSettings, GOOD)
    assert settings.public_url == "https://mp3.example.com"
    assert "hush" not in repr(settings)
    assert "0123456789abcdef" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "http://u:hush@mail"),
        ("SMTP_URL", "smtp://u:hush@:25"),
        ("MAIL_FROM", "a@b.c, d@e.f"),
        ("MAIL_FROM", ""),
        ("PUBLIC_URL", "mp3.example.com"),
        ("PUBLIC_URL", 'https://x/"; rm'),
        ("PUBLIC_URL", "https://x/?a=1"),
        ("LINK_SECRET", "short"),
        ("LINK_HOURS", "0"),
        ("MAIL_TIMEOUT_SECONDS", "0"),
        ("MAIL_WORKERS", "0"),
        ("HEALTH_PORT", "70000"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    """Each bad variable is named, its value is not repeated."""
    with pytest.raises(BadSettings) as caught:
        read_settings(NotificationSettings, GOOD | {name: value})
    said = str(caught.value)
    assert said.startswith(f"{name}: ")
    assert "hush" not in said


def test_a_mail_is_handed_over_within_its_claim() -> None:
    """However short the lease, nobody else takes a mail over that is still on its way."""
    assert read_settings(NotificationSettings, GOOD).mail_timeout == 20
    assert read_settings(NotificationSettings, GOOD | {"LEASE_SECONDS": "3"}).mail_timeout == 2
