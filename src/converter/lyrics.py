"""Subtitles as lyrics: gathered while the sound is read, known at its end."""

from dataclasses import dataclass
from typing import Any, Final

from av.packet import Packet
from av.stream import Stream

from converter.cutting import Span
from converter.media import Media
from converter.subtitles import choose_subtitles, subtitle_text
from converter.tags import language_code

_MAX_CHARACTERS: Final = 200_000
_MAX_LINES: Final = 20_000
_LEAST_ROOM: Final = 4096
_MOST_ROOM: Final = 256 * 1024
_UNKNOWN_ROOM: Final = 128 * 1024
_ROOM_A_SECOND: Final = 96  # fast talk, twice, in UTF-16


@dataclass(frozen=True, slots=True)
class Line:
    """What is said from `start` on, in seconds of the MP3."""

    start: float
    text: str


class Lyrics:
    """What the subtitles of `stream` say within `span`, as far as it was read.

    `language` as in ISO 639-2, None if it is not told; `first`: where the sound begins in the file.
    """

    def __init__(self, stream: Stream, span: Span, first: float) -> None:
        self.stream = stream
        self.language = language_code(stream.language or "")
        self.lines: list[Line] = []
        self.is_cut = False
        self._unit = float(stream.time_base or 0)
        self._span = span
        self._first = first
        self._characters = 0

    def note(self, packet: "Packet[Any]") -> None:
        """Take note of the next packet of `stream`."""
        if packet.pts is None or not packet.size:
            return
        start = packet.pts * self._unit - self._first
        end = start + (packet.duration or 0) * self._unit
        before = self._span.end is None or start < self._span.end
        if not before or max(start, end) <= self._span.start:
            return
        if self._characters > _MAX_CHARACTERS or len(self.lines) >= _MAX_LINES:
            self.is_cut = True
        elif text := subtitle_text(self.stream, bytes(packet)):
            self._characters += len(text)
            self.lines.append(Line(max(0.0, start - self._span.start), text))


def find_lyrics(media: Media, span: Span) -> Lyrics | None:
    """The lyrics that reading the sound in `span` will bring; None without text subtitles."""
    stream = choose_subtitles(media)
    return Lyrics(stream, span, media.sound_start) if stream else None


def lyrics_room(lyrics: Lyrics | None, seconds: float | None) -> int:
    """How many bytes the tag keeps free for `lyrics` of so many seconds, if it is known how many.

    The tag stands before the sound, whose end brings the last line.
    """
    if lyrics is None:
        return 0
    if seconds is None:
        return _UNKNOWN_ROOM
    return min(_MOST_ROOM, _LEAST_ROOM + round(_ROOM_A_SECOND * seconds))
