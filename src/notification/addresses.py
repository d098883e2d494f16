"""Mail addresses: exactly one, taken literally, or none at all."""

import re
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry
from typing import Any, Final

from chassis.errors import Permanent

_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f]")


class InvalidAddress(Permanent):
    """A text is not exactly one mail address."""

    def __init__(self) -> None:
        super().__init__("address_invalid", "The account's name is not exactly one mail address.")


def one_address(text: str) -> Address:
    """The address that `text` is; raises InvalidAddress.

    Whatever else a header could make of it (a second recipient after a comma, a display name, a
    comment, a group, a line break) is refused, so that a mail goes where the account says or
    nowhere.
    """
    local, _, domain = text.rpartition("@")
    if not local or not domain or _UNSAFE.search(text):
        raise InvalidAddress
    try:
        if local.isascii():
            address = Address(addr_spec=text)
        else:
            # RFC 6531; the library's parser takes ASCII only, so the rest is checked without it.
            Address(addr_spec=_ascii(local) + "@" + domain)
            address = Address(username=local, domain=domain)
    except (ValueError, LookupError, MessageError) as error:
        raise InvalidAddress from error
    if address.addr_spec != text:
        raise InvalidAddress
    return address


def sender_address(text: str) -> Address:
    """The address in `text`, with or without a display name: `MP3s <mp3@example.com>`.

    Raises InvalidAddress, also for one beyond ASCII, which not every server takes (RFC 6531).
    """
    if _UNSAFE.search(text):
        raise InvalidAddress
    try:
        header: Any = HeaderRegistry()("from", text)
    except (ValueError, LookupError, MessageError) as error:
        raise InvalidAddress from error
    if header.defects or len(header.addresses) != 1:
        raise InvalidAddress
    found = header.addresses[0]
    address = one_address(found.addr_spec)
    if not address.addr_spec.isascii():
        raise InvalidAddress
    return Address(found.display_name, address.username, address.domain)


def _ascii(local: str) -> str:
    return "".join(character if character.isascii() else "x" for character in local)
