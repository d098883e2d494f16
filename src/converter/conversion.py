"""What a finished conversion tells of the source and of the MP3."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from chassis.jobs import ResultPart
from chassis.sources import Loudness, MediaFacts

_MAX_TEXT: Final = 300
_MAX_NOTES: Final = 20
_MAX_NUMBER: Final = 1e12
_MAX_LEVEL: Final = 500.0  # dB, more than what samples can hold

MAX_PARTS: Final = 255
"""How many MP3s one conversion makes at most."""


class Stopped(Exception):
    """The conversion was ended because its caller said so."""


class StartOver(Stopped):
    """What was made of a file on its way is not what its end asks for: it is to be made anew."""


@dataclass(frozen=True, slots=True)
class Mp3Facts:
    """The MP3: `duration` in seconds, average `bitrate` in bit/s, `sample_rate` in Hz.

    For `mode` and `loudness` see chassis.jobs.Result.
    """

    duration: float
    bitrate: int
    sample_rate: int
    channels: int
    mode: str
    loudness: Loudness | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion that succeeded; `notes` are sentences about it for the MP3's owner.

    `parts` are the MP3s in it where it was split.
    """

    source: MediaFacts
    mp3: Mp3Facts
    notes: tuple[str, ...] = ()
    parts: tuple[ResultPart, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """The facts as plain data."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The facts that `to_document` wrote; raises ValueError for anything else.

        The document comes from a process that has read a stranger's file and may have been taken
        over by it.
        """
        try:
            source, mp3 = document["source"], document["mp3"]
            return cls(
                source=MediaFacts(
                    container=_text(source["container"]),
                    codec=_text(source["codec"]),
                    channels=_whole(source["channels"]),
                    sample_rate=_whole(source["sample_rate"]),
                    duration=_optional_number(source["duration"]),
                    title=_optional_text(source["title"]),
                    bitrate=_optional_whole(source["bitrate"]),
                    loudness=_loudness(source["loudness"]),
                ),
                mp3=Mp3Facts(
                    duration=_number(mp3["duration"]),
                    bitrate=_whole(mp3["bitrate"]),
                    sample_rate=_whole(mp3["sample_rate"]),
                    channels=_whole(mp3["channels"]),
                    mode=_text(mp3["mode"]),
                    loudness=_loudness(mp3["loudness"]),
                ),
                notes=_notes(document["notes"]),
                parts=_parts(document["parts"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the facts of a conversion: {error!r}") from error


def _parts(value: object) -> tuple[ResultPart, ...]:
    if not isinstance(value, list) or len(value) > MAX_PARTS:
        raise ValueError("not a list of parts")
    parts = tuple(
        ResultPart(
            title=_text(part["title"]),
            offset=_whole(part["offset"]),
            size=_whole(part["size"]),
            duration=_number(part["duration"]),
        )
        for part in value
    )
    ends = [0, *(part.offset + part.size for part in parts)]
    if any(part.offset < end for part, end in zip(parts, ends, strict=False)):
        raise ValueError("parts that are not in order")
    return parts


def _text(value: object) -> str:
    if isinstance(value, str) and len(value) <= _MAX_TEXT:
        return value
    raise ValueError("not a short text")


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number) and 0 <= number <= _MAX_NUMBER:
            return number
    raise ValueError("not a number in range")


def _whole(value: object) -> int:
    if isinstance(value, float):
        raise ValueError("not a whole number")  # noqa: TRY004 - from_document promises ValueError
    return int(_number(value))


def _notes(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > _MAX_NOTES:
        raise ValueError("not a few notes")
    return tuple(_text(note) for note in value)


def _loudness(value: object) -> Loudness | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError("not a loudness")  # noqa: TRY004 - from_document promises ValueError
    return Loudness(
        integrated=_optional_level(value["integrated"]),
        true_peak=_optional_level(value["true_peak"]),
        clipped=_whole(value["clipped"]),
    )


def _optional_level(value: object) -> float | None:
    """Decibels, which may be negative."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MAX_LEVEL:
        return float(value)
    raise ValueError("not a level in range")


def _optional_whole(value: object) -> int | None:
    return None if value is None else _whole(value)


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _optional_number(value: object) -> float | None:
    return None if value is None else _number(value)
