"""What an account is, and the rules for its address and its password."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from auth.errors import AddressInvalid, PasswordUnacceptable

# RFC 5321, section 4.5.3.1: 64 octets before the @, 256 for the path with its angle brackets.
MAX_LOCAL_PART: Final = 64
MAX_ADDRESS: Final = 254

# A dot-atom of RFC 5322 before the @, host names of RFC 1123 after it. This is what the HTML
# standard takes as a valid email address, less the dots that RFC 5322 forbids. Line breaks, spaces,
# commas, quotes and angle brackets, with which a second recipient could be smuggled in, are not in.
_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@{_LABEL}(?:\.{_LABEL})*")

# NIST SP 800-63B, section 5.1.1.2: at least 8 characters, and no rules of composition.
MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 128


@dataclass(frozen=True, slots=True)
class Account:
    """One user; `username` is the email address in lower case."""

    id: str
    username: str
    password_hash: str = field(repr=False)
    admin: bool
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of an account; None leaves a field as it is."""

    active: bool | None = None
    admin: bool | None = None
    password_hash: str | None = field(default=None, repr=False)


def fold_address(text: str) -> str:
    """The spelling under which an address is stored and looked up."""
    return text.lower()


def parse_address(text: str) -> str:
    """The address in `text`, in lower case; raises AddressInvalid unless it is exactly one."""
    # What lower() makes of other scripts may be ASCII (the Kelvin sign becomes k): look first.
    if not text.isascii():
        raise AddressInvalid("it may hold ASCII characters only")
    address = fold_address(text)
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise AddressInvalid("that is none")
    if len(address) > MAX_ADDRESS or len(found[1]) > MAX_LOCAL_PART:
        raise AddressInvalid("that is too long")
    return address


def check_password(password: str, username: str) -> None:
    """Raise PasswordUnacceptable unless `password` may become the one of `username`."""
    if len(password) < MIN_PASSWORD:
        raise PasswordUnacceptable(f"it must have at least {MIN_PASSWORD} characters")
    if len(password) > MAX_PASSWORD:
        raise PasswordUnacceptable(f"it may have at most {MAX_PASSWORD} characters")
    # RFC 7617, section 2: HTTP Basic cannot carry control characters. Cs: no text at all.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        raise PasswordUnacceptable("it may not hold control characters")
    if fold_address(password) == username:
        raise PasswordUnacceptable("it is the address itself")
