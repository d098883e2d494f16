"""The tags of the MP3: what its title and the like are, and how they are written."""

import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mutagen import id3

UNTITLED: Final = "Untitled"
_MAX_CHARACTERS: Final = 250

_SUFFIX: Final = re.compile(r"\.(?!\d+$)[A-Za-z0-9]{1,5}$")
_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
# Marks that turn text around or embed it can make a name show as another one.
_TURNING_MARKS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_UNWRITABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Tags:
    """What an MP3 says of itself; `date` as YYYY, YYYY-MM or YYYY-MM-DD."""

    title: str
    artist: str | None = None
    album: str | None = None
    date: str | None = None
    track: str | None = None


def choose_tags(metadata: Mapping[str, str], name: str) -> Tags:
    """Tags from the source's own, whatever the case of their names; the title else from `name`."""
    found = {key.lower(): clean(value) for key, value in metadata.items()}
    date = _DATE.match(found.get("date", ""))
    return Tags(
        title=found.get("title") or title_from_name(name),
        artist=found.get("artist") or None,
        album=found.get("album") or None,
        date=date.group() if date else None,
    )


def title_from_name(name: str) -> str:
    """A file's name without folders, suffix and characters that cannot be shown."""
    last = re.split(r"[/\\]", name)[-1]
    cleaned = clean(last)
    return _SUFFIX.sub("", cleaned).strip(" .") or cleaned.strip(" .") or UNTITLED


def id3_tag(tags: Tags) -> bytes:
    """The ID3v2.3 tag that stands before the sound, without padding."""
    frames = id3.ID3()
    for frame, text in (
        (id3.TIT2, tags.title),
        (id3.TPE1, tags.artist),
        (id3.TALB, tags.album),
        (id3.TDRC, tags.date),
        (id3.TRCK, tags.track),
    ):
        if text:
            encoding = id3.Encoding.LATIN1 if _is_latin1(text) else id3.Encoding.UTF16
            frames.add(frame(encoding=encoding, text=[text]))
    frames.update_to_v23()
    written = io.BytesIO()
    frames.save(written, v1=0, v2_version=3, padding=lambda _: 0)
    return written.getvalue()


def clean(text: str) -> str:
    """One line of text that can be shown; nothing if it was not decodable."""
    if "\ufffd" in text:
        return ""
    visible = "".join(
        " " if unicodedata.category(character) in _UNWRITABLE else character
        for character in unicodedata.normalize("NFC", text)
        if character not in _TURNING_MARKS
    )
    return " ".join(visible.split())[:_MAX_CHARACTERS].strip()


def _is_latin1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
