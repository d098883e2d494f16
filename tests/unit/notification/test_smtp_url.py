"""The mail server's address as one setting."""

import pytest

from notification.smtp_url import MailServer, Security


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail", MailServer(Security.NONE, "mail", 25)),
        ("smtp://127.0.0.1:1025/", MailServer(Security.NONE, "127.0.0.1", 1025)),
        (
            "smtps://u:p@mail.example.com",
            MailServer(Security.TLS, "mail.example.com", 465, "u", "p"),
        ),
        (
            "smtp+starttls://me%40example.com:p%2Fw%3Ad@[::1]:2525",
            MailServer(Security.STARTTLS, "::1", 2525, "me@example.com", "p/w:d"),
        ),
        ("smtp+starttls://mail", MailServer(Security.STARTTLS, "mail", 587)),
    ],
)
def test_each_part_is_read(url: str, server: MailServer) -> None:
    """Protection, host, port, user and password, with the ports that the standards name."""
    assert MailServer.parse(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "http://mail",
        "smtp://",
        "smtp://secret@mail",
        "smtp://:secret@mail",
        "smtp://u:secret@mail:99999",
        "smtp://u:secret@mail:x",
        "smtp://u:sec/ret@mail",
        "smtp://mail/secret",
        "smtp://mail?secret=1",
    ],
)
def test_a_bad_url_is_refused_without_showing_it(url: str) -> None:
    """What is wrong is said in words; no part of the URL, and so no password, is repeated."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        MailServer.parse(url)
    assert "secret" not in str(caught.value)
    assert "ret@" not in str(caught.value)


def test_password_is_not_in_the_repr() -> None:
    """A server in a log line does not show the password."""
    assert "hush" not in repr(MailServer.parse("smtps://u:hush@mail"))
