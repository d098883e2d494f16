"""Names of files: cleaned when they come in, and made for the MP3 that goes out.

Sources: RFC 8187 (`filename*` in headers), RFC 6266 (Content-Disposition).
"""

import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote_to_bytes

MAX_NAME_BYTES: Final = 200
NAMELESS: Final = "video"

_EXTENDED: Final = re.compile(
    r";\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[\w-]*'([^;,\s\"]*)", re.IGNORECASE
)
_ATTR_CHAR: Final = "!#$&+-.^_`|~"
_LONGEST_EXTENSION: Final = 16
# Marks that turn the direction of what follows: "gp3.exe" could be shown as "exe.3pg".
_DIRECTION_MARKS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def extended_filename(content_disposition: str) -> str | None:
    """The name that `filename*` gives, which goes before `filename`; None where there is none."""
    found = _EXTENDED.search(content_disposition)
    if found is None:
        return None
    return unquote_to_bytes(found[2]).decode(found[1], errors="replace")


def clean_name(name: str) -> str:
    """The name as it is kept: no path, no control characters, any script, at most 200 bytes."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(" " if letter.isspace() else letter for letter in last if _is_kept(letter))
    tidy = " ".join(unicodedata.normalize("NFC", visible).split()).strip(". ")
    return _shortened(tidy, MAX_NAME_BYTES) or NAMELESS


def mp3_name(source_name: str) -> str:
    """The name of the MP3 that was made from a source of that (cleaned) name."""
    stem, _ = _split(source_name)
    return f"{stem or NAMELESS}.mp3"


def attachment(name: str) -> str:
    """A Content-Disposition that makes a browser save the body under `name`."""
    plain = "".join(letter if _is_plain(letter) else "_" for letter in name)
    if plain == name:
        return f'attachment; filename="{name}"'
    extended = quote(name, safe=_ATTR_CHAR)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}"


def _is_kept(letter: str) -> bool:
    kind = unicodedata.category(letter)
    return letter.isspace() or (kind not in ("Cc", "Cs", "Cn") and letter not in _DIRECTION_MARKS)


def _is_plain(letter: str) -> bool:
    return " " <= letter <= "~" and letter not in '"\\%'


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not stem or not extension or len(extension) > _LONGEST_EXTENSION or " " in extension:
        return name, ""
    return stem, dot + extension


def _shortened(name: str, most: int) -> str:
    stem, extension = _split(name)
    room = most - len(extension.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + extension
