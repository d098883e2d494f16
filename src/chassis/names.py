"""The name under which an MP3 is saved, made from the name that the user gave the video."""

import unicodedata
from typing import Final

_SUFFIX: Final = ".mp3"
_LONGEST: Final = 255  # bytes in UTF-8: NAME_MAX of the usual file systems
_LONGEST_ENDING: Final = 16  # what is longer, or holds a space, belongs to the name
_NAMELESS: Final = "audio"

# Controls, lone surrogates, line and paragraph separators: nothing that a name needs.
_UNWANTED: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They reorder what stands around them, so that "exe" can look like "mp3" (Unicode UAX 9).
_BIDI_CONTROLS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def plain_name(name: str) -> str:
    """`name` without folders, controls and what changes the direction of writing; may be empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = (
        character
        for character in last
        if unicodedata.category(character) not in _UNWANTED and character not in _BIDI_CONTROLS
    )
    return "".join(kept).strip()


def mp3_name(source_name: str) -> str:
    """The file name of the MP3 made from `source_name`: no folders, any script, at most 255 bytes.

    `Holiday 2026.final.mkv` becomes `Holiday 2026.final.mp3`.
    """
    plain = plain_name(source_name)
    stem, _, ending = plain.rpartition(".")
    if len(ending) > _LONGEST_ENDING or " " in ending:
        stem = plain
    stem = (stem or plain).strip(". ") or _NAMELESS
    room = _LONGEST - len(_SUFFIX)
    return stem.encode()[:room].decode(errors="ignore").rstrip() + _SUFFIX
