"""Hosts and ports as links have them, brought to the one form in which they are judged.

Hosts are read as browsers read them (https://url.spec.whatwg.org/#host-parsing): percent-decoded,
mapped by UTS 46, and an IPv4 address in any spelling that inet_aton takes is that address.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import unquote_to_bytes

import idna

from chassis.errors import InvalidUrl, UrlNotAllowed
from chassis.link_rules import Host

_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]+)(?::(?P<port>[0-9]{0,5}))?")
# With underscores, which some sites have; no letters but these reach a name server.
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_LONGEST_NAME: Final = 253  # RFC 1035, section 2.3.4, without the dot at the end
_HIGHEST_PORT: Final = 65535
_LAST_IS_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
# No longer than any number of 32 bits is with some zeros before it.
_NUMBER: Final = re.compile(
    r"0x(?P<hex>[0-9a-f]{0,32})|(?P<octal>0[0-7]{0,32})|(?P<decimal>[1-9][0-9]{0,9})"
)
_IPV4_PARTS: Final = 4
_BAD_HOST: Final = "This link has a host that there cannot be."
_BAD_ADDRESS: Final = "This link has an address that there cannot be."


def split_authority(text: str, default_port: int) -> tuple[Host, int]:
    """The host and the port in `HOST`, `HOST:` or `HOST:PORT`; raises InvalidUrl, UrlNotAllowed."""
    if "@" in text:
        raise UrlNotAllowed("Links with a user name or a password in them are not taken.")
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        raise InvalidUrl
    port = int(found["port"] or default_port)
    if not 0 < port <= _HIGHEST_PORT:
        raise InvalidUrl("This link has a port that there cannot be.")
    return canonical_host(found["host"]), port


def canonical_host(text: str) -> Host:
    """The host that `text` spells; an IPv6 address stands in brackets. Raises as above."""
    if text.startswith("[") and text.endswith("]"):
        return _ipv6(text[1:-1])
    name = _ascii_name(text).removesuffix(".")
    if _LAST_IS_NUMBER.fullmatch(name):
        return _ipv4(name)
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise InvalidUrl(_BAD_HOST)
    return name


def _ascii_name(text: str) -> str:
    try:
        decoded = unquote_to_bytes(text).decode()
        if decoded.isascii():
            return decoded.lower()
        mapped = idna.uts46_remap(decoded, std3_rules=False)
        if len(mapped) > _LONGEST_NAME:
            return mapped  # which no name is; to encode it would take long
        return ".".join(
            label if label.isascii() else idna.alabel(label).decode() for label in mapped.split(".")
        )
    except UnicodeError as error:  # of the bytes, or the library's
        raise InvalidUrl(_BAD_HOST) from error


def _ipv6(text: str) -> IPv6Address:
    if "%" in text:
        raise UrlNotAllowed("Links to addresses of a network's own are not taken.")
    try:
        return IPv6Address(text)
    except AddressValueError as error:
        raise InvalidUrl(_BAD_ADDRESS) from error


def _ipv4(text: str) -> IPv4Address:
    """As inet_aton has it: one to four numbers, the last of which fills what is left."""
    *leading, last = [_number(part) for part in text.split(".")]
    left = _IPV4_PARTS - len(leading)
    if left < 1 or last >= 256**left or any(part > 0xFF for part in leading):  # noqa: PLR2004 - bytes
        raise InvalidUrl(_BAD_ADDRESS)
    value = last
    for place, part in enumerate(leading):
        value += part << (8 * (_IPV4_PARTS - 1 - place))
    return IPv4Address(value)


def _number(text: str) -> int:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise InvalidUrl(_BAD_ADDRESS)
    if found["hex"] is not None:
        return int(found["hex"] or "0", 16)
    return int(found["octal"] or found["decimal"], 8 if found["octal"] else 10)
