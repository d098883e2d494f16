"""The name under which an MP3 is saved, made from the name that the user gave the video."""

import unicodedata
from typing import Final

_MP3: Final = ".mp3"
_ZIP: Final = ".zip"
_LONGEST: Final = 255  # bytes in UTF-8: NAME_MAX of the usual file systems
_LONGEST_ENDING: Final = 16  # what is longer, or holds a space, belongs to the name
_NAMELESS: Final = "audio"

# Controls, lone surrogates, line and paragraph separators: nothing that a name needs.
_UNWANTED: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
# What Windows and others do not take in a file's name.
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))
# They reorder what stands around them, so that "exe" can look like "mp3" (Unicode UAX 9).
_BIDI_CONTROLS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def plain_name(name: str) -> str:
    """`name` without folders, controls and what changes the direction of writing; may be empty."""
    return _harmless(name.replace("\\", "/").rpartition("/")[2])


def mp3_name(source_name: str) -> str:
    """The file name of the MP3 made from `source_name`: no folders, any script, at most 255 bytes.

    `Holiday 2026.final.mkv` becomes `Holiday 2026.final.mp3`.
    """
    return _shortened(_stem(source_name), _MP3)


def zip_name(source_name: str) -> str:
    """The file name of the MP3s made from `source_name`, as `mp3_name`."""
    return _shortened(_stem(source_name), _ZIP)


def part_name(number: int, count: int, title: str) -> str:
    """The file name of part `number` of `count`, in a folder of its own: `03 The title.mp3`.

    No two of them are the same; any file system takes it, whatever the title is.
    """
    written = _harmless(title.translate(_NOT_IN_NAMES)).strip(". ")
    place = f"{number:0{max(2, len(str(count)))}}"
    return _shortened(f"{place} {written}".strip(), _MP3)


def _harmless(name: str) -> str:
    kept = (
        character
        for character in name
        if unicodedata.category(character) not in _UNWANTED and character not in _BIDI_CONTROLS
    )
    return "".join(kept).strip()


def _stem(source_name: str) -> str:
    plain = plain_name(source_name)
    stem, _, ending = plain.rpartition(".")
    if len(ending) > _LONGEST_ENDING or " " in ending:
        stem = plain
    return (stem or plain).strip(". ") or _NAMELESS


def _shortened(stem: str, suffix: str) -> str:
    room = _LONGEST - len(suffix)
    return stem.encode()[:room].decode(errors="ignore").rstrip() + suffix
