"""Lyrics in ID3v2.3: USLT, the text alone, and SYLT, with the time of each line."""

from typing import Any, Final

from mutagen import id3

from converter.id3_text import text_encoding
from converter.lyrics import Lyrics

_UNKNOWN_LANGUAGE: Final = "XXX"
_MILLISECONDS: Final = 2  # SYLT's time stamp format
_LYRICS: Final = 1  # SYLT's content type


def lyrics_frames(lyrics: Lyrics, seconds: float) -> list[Any]:
    """Mutagen's USLT and SYLT for what is said in so many seconds; none if nothing is."""
    lines = sorted(
        (line for line in lyrics.lines if line.start < seconds), key=lambda line: line.start
    )
    if not lines:
        return []
    text = "\n".join(line.text for line in lines)
    encoding, language = text_encoding(text), lyrics.language or _UNKNOWN_LANGUAGE
    timed = [(line.text, round(1000 * line.start)) for line in lines]
    return [
        id3.USLT(encoding=encoding, lang=language, desc="", text=text),
        id3.SYLT(
            encoding=encoding,
            lang=language,
            format=_MILLISECONDS,
            type=_LYRICS,
            desc="",
            text=timed,
        ),
    ]
