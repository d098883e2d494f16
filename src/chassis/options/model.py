"""The options of one conversion, and how they are read from what a user wrote."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from chassis.options import values
from chassis.options.presets import preset
from chassis.options.values import Cover, InvalidOption

DEFAULT_QUALITY: Final = 2

# MPEG-2 and MPEG-2.5 Layer III have no bitrate above these (bit_rate_index of ISO/IEC 13818-3).
_HIGHEST_KBIT: Final = {8000: 64, 11025: 64, 12000: 64, 16000: 160, 22050: 160, 24000: 160}


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """Options of one conversion; exactly one of `bitrate` and `quality` is set.

    bitrate: constant bitrate in kbit/s; quality: LAME's VBR quality, 0 (best) to 9 (smallest);
    channels, sample_rate (Hz): None for the source's; lowpass: in Hz, None for LAME's choice;
    audio_track: a number from 1 on, or a language's code; start, end: what to take of the source,
    in seconds, None for its own start and end; normalize: the loudness to bring it to, in LUFS;
    cover: where the picture comes from (a number: that second of the video), None for the attached
    one if it needs no work; accept_truncated: take what is there of a file whose end is missing.
    The rest are tags that replace those of the source; an empty one leaves the tag out.
    """

    bitrate: int | None = None
    quality: int | None = DEFAULT_QUALITY
    channels: int | None = None
    sample_rate: int | None = None
    lowpass: int | None = None
    audio_track: int | str | None = None
    start: float | None = None
    end: float | None = None
    normalize: float | None = None
    split_chapters: bool = False
    accept_truncated: bool = False
    cover: Cover | float | None = None
    cover_square: bool = False
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    date: str | None = None
    track: str | None = None
    genre: str | None = None
    comment: str | None = None
    language: str | None = None

    @classmethod
    def parse(cls, fields: Mapping[str, object]) -> Self:
        """Options from what a user wrote, as text or in JSON's types; null is as not written.

        Raises InvalidOption with a sentence for that user.
        """
        written = {name: _text(name, value) for name, value in fields.items() if value is not None}
        unknown = sorted(set(written) - set(OPTION_NAMES))
        if unknown:
            known = ", ".join(OPTION_NAMES)
            raise InvalidOption(f"There is no option {unknown[0][:40]!r}; the options are {known}.")
        one_of = [name for name in ("preset", "bitrate", "quality") if name in written]
        if len(one_of) > 1:
            raise InvalidOption(f"Give either {one_of[0]} or {one_of[1]}, not both.")
        chosen: dict[str, Any] = {}
        if "preset" in written:
            chosen |= preset(written.pop("preset"))
        if "bitrate" in written:
            chosen["quality"] = None
        chosen |= {name: _PARSERS[name](text) for name, text in written.items()}
        if chosen.get("start") == 0:
            del chosen["start"]  # the same as not written
        options = cls(**chosen)
        options._check()
        return options

    def to_document(self) -> dict[str, Any]:
        """The options as plain data, as the job keeps and shows them: those that say something.

        Options that mean the same have the same document.
        """
        document: dict[str, Any] = {"bitrate": self.bitrate, "quality": self.quality}
        for option in fields(self):
            value = getattr(self, option.name)
            if value != option.default:
                document[option.name] = str(value) if isinstance(value, Cover) else value
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The options that `to_document` wrote."""
        known = {
            option.name: document[option.name] for option in fields(cls) if option.name in document
        }
        if isinstance(known.get("cover"), str):
            known["cover"] = Cover(known["cover"])
        return cls(**known)

    def _check(self) -> None:
        if self.end is not None and self.end <= (self.start or 0.0):
            raise InvalidOption("end has to be later than start.")
        highest = _HIGHEST_KBIT.get(self.sample_rate or 0)
        if highest and self.bitrate and self.bitrate > highest:
            raise InvalidOption(
                f"MP3 has no more than {highest}k at a sample rate of {self.sample_rate} Hz."
            )


_PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "bitrate": values.bitrate,
    "quality": values.quality,
    "channels": values.channels,
    "sample_rate": values.sample_rate,
    "audio_track": values.audio_track,
    "start": values.seconds("start"),
    "end": values.seconds("end"),
    "normalize": values.loudness,
    "split_chapters": values.yes_or_no("split_chapters"),
    "accept_truncated": values.yes_or_no("accept_truncated"),
    "cover": values.cover,
    "cover_square": values.yes_or_no("cover_square"),
    "title": values.tag("title"),
    "artist": values.tag("artist"),
    "album": values.tag("album"),
    "album_artist": values.tag("album_artist"),
    "date": values.date,
    "track": values.track,
    "genre": values.tag("genre"),
    "comment": values.tag("comment", values.MAX_COMMENT),
    "language": values.language,
}

OPTION_NAMES: Final = ("preset", *_PARSERS)
"""Every option that a user may give."""


# What true and false are values of.
_SWITCHES: Final = frozenset({"normalize", "split_chapters", "accept_truncated", "cover_square"})


def _text(name: str, value: object) -> str:
    """What JSON's types mean where a form would have text."""
    if isinstance(value, bool):
        if name in OPTION_NAMES and name not in _SWITCHES:
            raise InvalidOption(f"{name} is a text or a number, not true or false.")
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.9f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return value.strip()
    raise InvalidOption(f"{name[:40]!r} has one value: a text, a number, or true or false.")
