"""Hosts are read as browsers and inet_aton read them."""

import socket
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidUrl, UrlNotAllowed
from chassis.link_hosts import canonical_host, split_authority

NUMBER = st.sampled_from(["{:d}", "0{:o}", "00{:o}", "0x{:x}", "0X{:X}", "0x0{:x}"])


@st.composite
def spelled(draw: st.DrawFn) -> tuple[IPv4Address, str]:
    """An IPv4 address and one of its spellings, as inet_aton takes them, and browsers."""
    value = draw(st.integers(0, 2**32 - 1))
    count = draw(st.integers(1, 4))
    parts = [(value >> (24 - 8 * place)) & 0xFF for place in range(count - 1)]
    parts.append(value & ((1 << (8 * (5 - count))) - 1))
    text = ".".join(draw(NUMBER).format(part) for part in parts)
    return IPv4Address(value), text


@st.composite
def disguised(draw: st.DrawFn) -> tuple[IPv4Address, str]:
    """As `spelled`, each character plain, full-width or percent-encoded, dots of any kind."""
    address, text = draw(spelled())
    return address, "".join(draw(_disguises(character)) for character in text) + draw(
        st.sampled_from(["", ".", "%2e", "。"])
    )


def _disguises(character: str) -> st.SearchStrategy[str]:
    wide = "。" if character == "." else chr(ord(character) + 0xFEE0)
    escaped = "".join(f"%{byte:02X}" for byte in wide.encode())
    return st.sampled_from([character, wide, f"%{ord(character):02x}", escaped])


@given(spelled())
def test_every_spelling_of_inet_aton_is_the_address(case: tuple[IPv4Address, str]) -> None:
    """Decimal, octal, hexadecimal, of one to four parts."""
    address, text = case
    assert socket.inet_aton(text) == address.packed
    assert canonical_host(text) == address


@given(disguised())
def test_no_disguise_hides_an_address(case: tuple[IPv4Address, str]) -> None:
    """Full-width digits, ideographic dots, percent-encoding and a dot at the end change nothing."""
    address, text = case
    assert canonical_host(text) == address


@given(st.text(alphabet="0123456789abcoxABCOX.", min_size=1, max_size=20))
def test_what_inet_aton_takes_is_never_a_name(text: str) -> None:
    """A name server, or a library, is never asked for what is an address to another."""
    try:
        host = canonical_host(text)
    except InvalidUrl:
        return
    try:
        packed = socket.inet_aton(text.removesuffix("."))
    except OSError:
        return
    assert isinstance(host, IPv4Address)
    assert host.packed == packed


@given(st.text(max_size=300))
def test_any_text_is_a_canonical_host_or_refused(text: str) -> None:
    """What is taken is plain ASCII that stays what it is."""
    try:
        host = canonical_host(text)
    except (InvalidUrl, UrlNotAllowed):
        return
    if isinstance(host, str):
        assert host.isascii()
        assert canonical_host(host) == host


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("EXAMPLE.com", "example.com"),
        ("example.com.", "example.com"),
        ("ex%61mple%2Ecom", "example.com"),
        ("ｅｘａｍｐｌｅ．com", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("b%C3%BCcher.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("exam\u00adple.com", "example.com"),
        ("r3---sn-4g5e6nzs.googlevideo.com", "r3---sn-4g5e6nzs.googlevideo.com"),
        ("a_b.example.com", "a_b.example.com"),
        ("ⓛocalhost", "localhost"),
        ("127.0.0.1.example.com", "127.0.0.1.example.com"),
        ("[::1]", IPv6Address("::1")),
        ("[0:0::FFFF:127.0.0.1]", IPv6Address("::ffff:7f00:1")),
    ],
)
def test_hosts_have_one_form(text: str, host: object) -> None:
    """Upper case, encodings and other scripts end in one name; addresses are addresses."""
    assert canonical_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "..", "a..b", ".a.b", "a.b..", "a b", "a%20b", "a%00b", "a%2fb", "a%40b", "a<b",
        "%ff", "a\ud800b", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "4294967296", "0x100000000",
        "08.1.1.1", "1..2", "foo.1", "foo.0x1", "0o17.1", "0x0x1.1", "0b1.1", "1.2.3.4.0",
        "[", "[]", "[::1", "[v1.a]",
        "[1.2.3.4]", "[::g]", "a" * 64, ".".join(["a" * 63] * 4), "ü" * 4000, "a." + "0" * 5000,
        "a。。b", "%E3%80%82", "１２７.0.0.256",
    ],
)  # fmt: skip
def test_what_cannot_be_a_host_is_refused(text: str) -> None:
    """Empty labels, foreign characters, numbers that are no address."""
    with pytest.raises(InvalidUrl):
        canonical_host(text)


@pytest.mark.parametrize("text", ["[fe80::1%eth0]", "[fe80::1%25eth0]", "[::1%251]"])
def test_an_address_with_a_zone_is_not_allowed(text: str) -> None:
    """It is one of a network of our own."""
    with pytest.raises(UrlNotAllowed):
        canonical_host(text)


@pytest.mark.parametrize(
    ("text", "port"), [("a.b", 80), ("a.b:", 80), ("a.b:8080", 8080), ("[::1]:0443", 443)]
)
def test_a_port_is_a_number_or_the_default(text: str, port: int) -> None:
    """RFC 3986, section 3.2.3."""
    assert split_authority(text, 80)[1] == port


@pytest.mark.parametrize(
    "text",
    ["a.b:0", "a.b:65536", "a.b:99999", "a.b:8o", "a.b:-1", "a.b:+8", "a.b:1:2", "a.b:８０", ":80",
     "[::1]80", "[::1]:80:", "::1:80", "a.b:\u0661"],
)  # fmt: skip
def test_a_bad_port_is_refused(text: str) -> None:
    """Out of range, or no number of plain digits."""
    with pytest.raises(InvalidUrl):
        split_authority(text, 80)


@pytest.mark.parametrize("text", ["u@a.b", "u:p@a.b", "@a.b", "a.b@127.0.0.1", "a.b:80@c.d"])
def test_credentials_are_not_allowed(text: str) -> None:
    """They mislead readers, and parsers."""
    with pytest.raises(UrlNotAllowed):
        split_authority(text, 80)
