"""The tags of the MP3: what its title and the like are, by its source and its owner's wishes."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

import langcodes
from langcodes.tag_parser import LanguageTagError

from chassis.options import ConversionOptions
from chassis.sources import Metadata

UNTITLED: Final = "Untitled"
_MAX_CHARACTERS: Final = 250
_MAX_COMMENT: Final = 1000

# What libavformat calls each of them. In Matroska, tags of other levels than the file's own stand
# behind the level's name (RFC 9559 5.1.8, "TargetType").
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title",),
    "artist": ("artist", "performer"),
    "album": ("album",),
    "album_artist": ("album_artist", "albumartist", "album artist"),
    "date": ("date", "date_released", "date_recorded", "year"),
    "track": ("track", "part_number"),
    "genre": ("genre",),
    "comment": ("comment",),
    "language": ("language",),
}
_LEVELS: Final = ("track/", "song/", "", "episode/", "movie/", "concert/")  # the nearest first
_OF_ALBUM: Final[Mapping[str, tuple[str, ...]]] = {
    "album": ("album/title",),
    "album_artist": ("album/artist",),
    "date": ("album/date_released", "album/date_recorded", "album/date"),
    "genre": ("album/genre",),
}

_SUFFIX: Final = re.compile(r"\.(?!\d+$)[A-Za-z0-9]{1,5}$")
_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_TRACK: Final = re.compile(r"0*([1-9]\d{0,3})(?:/0*([1-9]\d{0,3}))?", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{3}")  # ISO 639-2, as ID3v2 has it
_UNTOLD: Final = "und"
# Marks that turn text around or embed it can make a name show as another one.
_TURNING_MARKS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_UNWRITABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Tags:
    """What an MP3 says of itself.

    date: YYYY, YYYY-MM or YYYY-MM-DD; track: a number, or "number/count"; language: ISO 639-2.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    date: str | None = None
    track: str | None = None
    genre: str | None = None
    comment: str | None = None
    language: str | None = None


def choose_tags(
    metadata: Mapping[str, str],
    name: str,
    options: ConversionOptions | None = None,
    site: Metadata | None = None,
) -> Tags:
    """Tags from the source's own, whatever the case of their names; the title else from `name`.

    What the `site` of the source's link says goes before its own; but not before the language of a
    track that was chosen. What `options` say replaces both; an empty text there leaves a tag out.
    """
    found = {key.lower(): value for key, value in metadata.items()}
    track_is_chosen = options is not None and options.audio_track is not None
    tags: dict[str, str | None] = {}
    for tag in fields(Tags):
        told, own = _told(site, tag.name), _named(found, tag.name)
        own_first = tag.name == "language" and track_is_chosen
        texts = (*own, *told) if own_first else (*told, *own)
        values = map(_READERS.get(tag.name, clean), texts)
        tags[tag.name] = next(filter(None, values), None)
        wanted = getattr(options, tag.name, None)
        if wanted is not None:
            tags[tag.name] = clean(wanted, _MAX_COMMENT) or None
        elif tag.name == "title":
            tags["title"] = tags["title"] or title_from_name(name)
    return Tags(**tags)


def title_from_name(name: str) -> str:
    """A file's name without folders, suffix and characters that cannot be shown."""
    last = re.split(r"[/\\]", name)[-1]
    cleaned = clean(last)
    return _SUFFIX.sub("", cleaned).strip(" .") or cleaned.strip(" .") or UNTITLED


def clean(text: str, limit: int = _MAX_CHARACTERS) -> str:
    """One line of text that can be shown, of so many characters; nothing if it was undecodable."""
    if "\ufffd" in text:
        return ""
    visible = "".join(
        " " if unicodedata.category(character) in _UNWRITABLE else character
        for character in unicodedata.normalize("NFC", text[: 4 * limit])
        if character not in _TURNING_MARKS
    )
    return " ".join(visible.split())[:limit].strip()


def language_code(text: str) -> str | None:
    """The code of three letters (ISO 639-2) that `text` means, a code too; None if it is none."""
    code = text.strip().lower()
    if not _LANGUAGE.fullmatch(code):
        try:
            code = langcodes.get(code).to_alpha3()
        except (LookupError, LanguageTagError):
            return None
    return None if code == _UNTOLD else code


def _named(found: Mapping[str, str], tag: str) -> Iterator[str]:
    names = [level + name for level in _LEVELS for name in _NAMES[tag]]
    return (found[name] for name in (*names, *_OF_ALBUM.get(tag, ())) if name in found)


def _told(site: Metadata | None, tag: str) -> list[str]:
    text = getattr(site, tag) if site else None
    return [text] if text else []


def _comment(text: str) -> str:
    return clean(text, _MAX_COMMENT)


def _date(text: str) -> str | None:
    date = _DATE.match(text.strip())
    return date.group() if date else None


def _track(text: str) -> str | None:
    track = _TRACK.fullmatch(text.strip())
    return "/".join(filter(None, track.groups())) if track else None


_READERS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "comment": _comment,
    "date": _date,
    "track": _track,
    "language": language_code,
}
