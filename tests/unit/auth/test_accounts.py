"""The rules for addresses and passwords."""

import string
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.accounts import check_password, parse_address
from auth.errors import AddressInvalid, PasswordUnacceptable

ATOMS = st.text(string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-", min_size=1)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann.Lee@Example.COM", "ann.lee@example.com"),
        ("a+tag@example.co.uk", "a+tag@example.co.uk"),
        ("o'hara@example.com", "o'hara@example.com"),
        ("admin@localhost", "admin@localhost"),
        ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
    ],
)
def test_an_address_is_kept_in_lower_case(text: str, address: str) -> None:
    """An address is accepted in any case and kept in lower case."""
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@@example.com",
        "ann@example.com\n",
        "ann@example.com\r\nBcc: eve@example.com",
        "\nann@example.com",
        " ann@example.com",
        "ann@example.com,eve@example.com",
        "ann@example.com, eve@example.com",
        "ann,eve@example.com",
        "ann@example.com;eve@example.com",
        "ann@example.com eve@example.com",
        "Ann <ann@example.com>",
        '"ann"@example.com',
        "ann@[127.0.0.1]",
        "ann:secret@example.com",
        ".ann@example.com",
        "ann.@example.com",
        "ann..lee@example.com",
        "ann@.example.com",
        "ann@example..com",
        "ann@-example.com",
        "ann@example.com.",
        "ann\0@example.com",
        "ann@exämple.com",
        "ann\u212a@example.com",  # the Kelvin sign, whose lower case is an ASCII k
        "x" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "a@" + "x." * 126 + "com",
    ],
)
def test_what_is_not_one_address_is_refused(text: str) -> None:
    """Line breaks, second recipients and everything else that is not one address are refused."""
    with pytest.raises(AddressInvalid):
        parse_address(text)


@given(ATOMS, st.text(string.ascii_letters + string.digits, min_size=1, max_size=63))
def test_an_accepted_address_is_one_recipient_of_a_mail(local: str, domain: str) -> None:
    """Every accepted address is exactly one recipient where mails are made."""
    try:
        address = parse_address(f"{local}@{domain}")
    except AddressInvalid:
        assert len(local) > 64
        return
    mail = EmailMessage()
    mail["To"] = address
    assert [found.addr_spec for found in mail["To"].addresses] == [address]


@given(st.text())
def test_no_text_breaks_the_rule(text: str) -> None:
    """Any text is either an address without spaces and commas, or refused."""
    try:
        address = parse_address(text)
    except AddressInvalid:
        return
    assert address.isascii()
    assert address.count("@") == 1
    assert not set(address) & set(' \t\r\n,;<>"')


@pytest.mark.parametrize(
    "password", ["12345678", "correct horse battery staple", "пароль123", "x" * 128, "        "]
)
def test_a_password_needs_length_and_nothing_else(password: str) -> None:
    """Eight to 128 characters of any kind make a password: no rules of composition."""
    check_password(password, "ann@example.com")


@pytest.mark.parametrize(
    "password",
    ["", "1234567", "x" * 129, "with\nbreak", "with\0zero", "1234567\x7f", "half\ud800pair"],
)
def test_a_password_that_cannot_be_used_is_refused(password: str) -> None:
    """Too short, too long, or with characters that HTTP Basic cannot carry: refused."""
    with pytest.raises(PasswordUnacceptable):
        check_password(password, "ann@example.com")


def test_the_address_is_no_password() -> None:
    """The address itself, in any case, is not a password."""
    with pytest.raises(PasswordUnacceptable):
        check_password("Ann@Example.com", "ann@example.com")
