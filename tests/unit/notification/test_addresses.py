"""Exactly one mail address, or none."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification.addresses import InvalidAddress, one_address, sender_address

GOOD = [
    "ada@example.com",
    "a.b+c_d@sub.example.co.uk",
    '"a, b"@example.com',
    "root@localhost",
    "ada@[127.0.0.1]",
    "jürgen@example.com",
    "ada@bücher.example",
]
BAD = [
    "",
    "ada",
    "ada@",
    "@example.com",
    "ada@example.com, eve@example.com",
    "ada@example.com,eve@example.com",
    "ada@example.com;eve@example.com",
    "ada@example.com eve@example.com",
    "Ada <ada@example.com>",
    "<ada@example.com>",
    "ada@example.com (eve)",
    "Group: ada@example.com;",
    " ada@example.com",
    "ada@example.com ",
    "ada@example.com\r\nBcc: eve@example.com",
    "ada@example.com\n",
    "ada\x00@example.com",
    "ada@exa\x7fmple.com",
    "a@b@example.com",
    "ü,eve@example.com",
    "ü <eve@example.com>",
]


@pytest.mark.parametrize("text", GOOD)
def test_one_address_is_taken_as_it_stands(text: str) -> None:
    """An address of any legal form goes through unchanged."""
    assert one_address(text).addr_spec == text


@pytest.mark.parametrize("text", BAD)
def test_anything_else_is_refused(text: str) -> None:
    """Two recipients, display names, comments, line breaks: there is no such address."""
    with pytest.raises(InvalidAddress):
        one_address(text)


@given(st.text(alphabet=st.characters() | st.sampled_from('@,;:<>()[]" .\r\n\\'), max_size=40))
def test_no_text_becomes_two_recipients(text: str) -> None:
    """Whatever is taken is one recipient in the header too, and exactly the one it says."""
    try:
        address = one_address(text)
    except InvalidAddress:
        return
    mail = EmailMessage(policy=SMTP)
    mail["To"] = address
    assert [found.addr_spec for found in mail["To"].addresses] == [text]


def test_sender_may_have_a_display_name() -> None:
    """MAIL_FROM is an address, with or without a name before it."""
    assert str(sender_address("mp3@example.com")) == "mp3@example.com"
    assert str(sender_address("Vidéos <mp3@example.com>")) == "Vidéos <mp3@example.com>"


@pytest.mark.parametrize(
    "text", ["", "mp3", "a@b.c, d@e.f", "A <a@b.c>, B <d@e.f>", "A <a@b.c>\r\nX: y", "ü@b.c"]
)
def test_a_bad_sender_is_refused(text: str) -> None:
    """A sender that is not one plain address is found at the start, not at the first mail."""
    with pytest.raises(InvalidAddress):
        sender_address(text)
