"""The name of a file that came by HTTP: as its site says, else as its URL ends.

Source: RFC 6266 (Content-Disposition) and RFC 8187 (`filename*`).
"""

import re
from typing import Final
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from chassis.names import plain_name

_LONGEST: Final = 255
_PARAMETER: Final = re.compile(
    r";\s*(?P<name>[\w!#$&+.^`|~-]+\*?)\s*=\s*"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[^;\s]*))',
    re.ASCII,
)
_EXTENDED: Final = re.compile(r"(?P<charset>utf-8|iso-8859-1)'[^']*'(?P<value>.*)", re.IGNORECASE)


def file_name(url: str, disposition: str | None) -> str:
    """The name of what came from `url` with that Content-Disposition; its host if it has none.

    It has no folders and no controls, and at most 255 characters.
    """
    parts = urlsplit(url)
    last = unquote(parts.path.rpartition("/")[2], errors="replace")
    for name in (_from_disposition(disposition or ""), last, parts.hostname or ""):
        plain = plain_name(name)[-_LONGEST:]
        if plain.strip("."):
            return plain
    return "video"


def _from_disposition(disposition: str) -> str:
    values: dict[str, str] = {}
    for found in _PARAMETER.finditer(disposition):
        value = found["token"]
        if found["quoted"] is not None:
            value = re.sub(r"\\(.)", r"\1", found["quoted"])
        values.setdefault(found["name"].lower(), value)
    extended = _EXTENDED.fullmatch(values.get("filename*", ""))
    if extended:
        decoded = unquote_to_bytes(extended["value"]).decode(extended["charset"], "replace")
        if plain_name(decoded):
            return decoded
    return _in_utf_8(values.get("filename", ""))


def _in_utf_8(text: str) -> str:
    """Many servers send UTF-8 where the field has ISO 8859-1."""
    try:
        return text.encode("iso-8859-1").decode()
    except UnicodeError:
        return text
