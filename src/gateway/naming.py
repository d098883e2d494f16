"""Names of files: cleaned when they come in, and written into the header when they go out.

Sources: RFC 8187 (`filename*` in headers), RFC 6266 (Content-Disposition).
"""

import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from chassis.names import plain_name

MAX_NAME_BYTES: Final = 200
NAMELESS: Final = "video"

_EXTENDED: Final = re.compile(
    r";\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[\w-]*'([^;,\s\"]*)", re.IGNORECASE
)
_ATTR_CHAR: Final = "!#$&+-.^_`|~"
_LONGEST_ENDING: Final = 16


def extended_filename(content_disposition: str) -> str | None:
    """The name that `filename*` gives, which goes before `filename`; None where there is none."""
    found = _EXTENDED.search(content_disposition)
    if found is None:
        return None
    return unquote_to_bytes(found[2]).decode(found[1], errors="replace")


def clean_name(name: str) -> str:
    """The name as it is kept: no path, no control characters, any script, at most 200 bytes."""
    tidy = " ".join(unicodedata.normalize("NFC", plain_name(name)).split())
    return _shortened(tidy) if tidy.strip(". ") else NAMELESS


def attachment(name: str) -> str:
    """A Content-Disposition that makes a browser save the body under `name`."""
    plain = "".join(letter if _is_plain(letter) else "_" for letter in name)
    if plain == name:
        return f'attachment; filename="{name}"'
    extended = quote(name, safe=_ATTR_CHAR)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}"


def _is_plain(letter: str) -> bool:
    return " " <= letter <= "~" and letter not in '"\\%'


def _shortened(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    ending = f"{dot}{extension}"
    if not stem or len(ending) > _LONGEST_ENDING:
        stem, ending = name, ""
    room = MAX_NAME_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + ending
