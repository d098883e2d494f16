"""One option's value, from what a user wrote of it; each raises InvalidOption with a sentence."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from chassis.errors import Permanent

QUALITY_MAX: Final = 9
MAX_TEXT: Final = 250
MAX_COMMENT: Final = 1000
LOUDNESS: Final = -14.0
LOUDNESS_RANGE: Final = (-30.0, -5.0)

# The constant bitrates of MPEG-1 Layer III (ISO/IEC 11172-3, bit_rate_index).
BITRATES_KBIT: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
# MPEG-1, MPEG-2 (ISO/IEC 13818-3) and MPEG-2.5; the lower two have lower bitrates.
SAMPLE_RATES: Final = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)

_SHOWN: Final = 20
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})
_MAX_TRACK: Final = 999
_MAX_HOURS: Final = 7 * 24
_SECONDS: Final = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
_MINUTES: Final = re.compile(r"()([0-9]+):([0-5]?[0-9](?:\.[0-9]*)?)")
_HOURS: Final = re.compile(r"([0-9]+):([0-5]?[0-9]):([0-5]?[0-9](?:\.[0-9]*)?)")
_LOUDNESS: Final = re.compile(r"-[0-9]+(\.[0-9]*)?")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_LANGUAGE_ID3: Final = re.compile(r"[a-z]{3}")  # ISO 639-2, as ID3v2 has it
_TRACK: Final = re.compile(r"[1-9][0-9]{0,3}(/[1-9][0-9]{0,3})?")
_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_FIRST_OF_JANUARY: Final = "YYYY-01-01"
_UNDECODABLE: Final = "\ufffd"  # what decoders put in the place of bytes that are no text
_NOT_IN_A_LINE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


class InvalidOption(Permanent):
    """An option is unknown, has a value outside its range, or contradicts another."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid_option", detail)


class Cover(StrEnum):
    """Where the MP3's picture comes from, if not from a second that was named."""

    ATTACHED = "attached"
    FRAME = "frame"
    NONE = "none"


def bitrate(text: str) -> int:
    """A constant bitrate in kbit/s: "192k" or "192"."""
    digits = text.lower().removesuffix("k")
    if _is_number(digits) and int(digits) in BITRATES_KBIT:
        return int(digits)
    raise _wrong("bitrate", f"one of {', '.join(f'{kbit}k' for kbit in BITRATES_KBIT)}", text)


def quality(text: str) -> int:
    """LAME's quality for a variable bitrate: "V2" or "2"."""
    digits = text.upper().removeprefix("V")
    if len(digits) == 1 and _is_number(digits):
        return int(digits)
    raise _wrong("quality", f"V0 (best) to V{QUALITY_MAX} (smallest)", text)


def channels(text: str) -> int:
    """How many channels: "1" or "mono", "2" or "stereo"."""
    count = {"1": 1, "mono": 1, "2": 2, "stereo": 2}.get(text.lower())
    if count is None:
        raise _wrong("channels", "1 (mono) or 2 (stereo)", text)
    return count


def sample_rate(text: str) -> int:
    """A sample rate in Hz."""
    if _is_number(text) and int(text) in SAMPLE_RATES:
        return int(text)
    raise _wrong("sample_rate", f"one of {', '.join(map(str, SAMPLE_RATES))}", text)


def audio_track(text: str) -> int | str:
    """A number, from 1 on among the audio tracks, or a language's code (RFC 5646)."""
    if _is_number(text) and 1 <= int(text) <= _MAX_TRACK:
        return int(text)
    if _LANGUAGE.fullmatch(text.lower()):
        return text.lower()
    raise _wrong("audio_track", "the number of a track, from 1 on, or a language such as en", text)


def seconds(name: str) -> Callable[[str], float]:
    """A time: "90", "90.5", "1:30", "90:00", "1:02:03.25"."""

    def parse(text: str) -> float:
        found: float | None = None
        if _SECONDS.fullmatch(text):
            found = float(text)
        elif clock := _HOURS.fullmatch(text) or _MINUTES.fullmatch(text):
            hours, minutes, rest = clock.groups()
            found = 3600 * float(hours or 0) + 60 * float(minutes) + float(rest)
        if found is None:
            raise _wrong(name, "a time in seconds, or as m:ss or h:mm:ss", text)
        if found > 3600 * _MAX_HOURS:
            raise InvalidOption(f"{name} is a time of at most {_MAX_HOURS} hours.")
        return found

    return parse


def loudness(text: str) -> float | None:
    """The loudness to bring the sound to, in LUFS: "yes" for -14, or a figure; None for "no"."""
    if text.lower() in _YES:
        return LOUDNESS
    if text.lower() in _NO:
        return None
    lowest, highest = LOUDNESS_RANGE
    if _LOUDNESS.fullmatch(text) and lowest <= float(text) <= highest:
        return float(text)
    raise _wrong("normalize", f"yes, no, or LUFS from {lowest:g} to {highest:g}", text)


def yes_or_no(name: str) -> Callable[[str], bool]:
    """Whether: "yes", "true", "on", "1", or their opposites."""

    def parse(text: str) -> bool:
        if text.lower() in _YES | _NO:
            return text.lower() in _YES
        raise _wrong(name, "yes or no", text)

    return parse


def cover(text: str) -> Cover | float:
    """The source's own picture, a frame of the video, that at a second, or none."""
    try:
        return Cover(text.lower())
    except ValueError:
        pass
    try:
        return seconds("cover")(text)
    except InvalidOption as error:
        raise _wrong("cover", "attached, frame, none, or a time in the video", text) from error


def tag(name: str, limit: int = MAX_TEXT) -> Callable[[str], str]:
    """A text for a tag; nothing leaves the tag out."""

    def parse(text: str) -> str:
        written = unicodedata.normalize("NFC", text)
        if len(written) > limit:
            raise InvalidOption(f"{name} is at most {limit} characters long.")
        if any(unicodedata.category(character) in _NOT_IN_A_LINE for character in written):
            raise InvalidOption(f"{name} is one line of text.")
        if _UNDECODABLE in written:
            raise InvalidOption(f"{name} is text in UTF-8; this is in another encoding.")
        return written

    return parse


def date(text: str) -> str:
    """YYYY, YYYY-MM or YYYY-MM-DD; nothing leaves it out."""
    if not text or (_DATE.fullmatch(text) and _is_in_calendar(text)):
        return text
    raise _wrong("date", "YYYY, YYYY-MM or YYYY-MM-DD", text)


def _is_in_calendar(text: str) -> bool:
    try:
        dt.date.fromisoformat(text + _FIRST_OF_JANUARY[len(text) :])
    except ValueError:
        return False
    return True


def track(text: str) -> str:
    """A number, or "number/count"; nothing leaves it out."""
    if not text or _TRACK.fullmatch(text):
        return text
    raise _wrong("track", "a number such as 3 or 3/12", text)


def language(text: str) -> str:
    """A language's code of three letters (ISO 639-2); nothing leaves it out."""
    if not text or _LANGUAGE_ID3.fullmatch(text.lower()):
        return text.lower()
    raise _wrong("language", "a code of three letters such as eng", text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _wrong(name: str, allowed: str, text: str) -> InvalidOption:
    return InvalidOption(f"{name} is {allowed}; {text[:_SHOWN]!r} is not.")
