"""What embedded text subtitles say: which track is taken, and the plain text of each packet.

No decoder runs: these formats are text. Sources: 3GPP TS 26.245 5.17 (mov_text), the SSA v4+ format
as Matroska has it (RFC 9559 and its "Subtitles" codec mappings), SubRip, W3C's WebVTT.
"""

import html
import re
from collections.abc import Callable, Mapping
from typing import Final

from av.stream import Disposition, Stream

from converter.media import Media
from converter.tags import clean

_MAX_BYTES: Final = 4096  # of one packet; what is longer is cut
_MAX_LINE: Final = 500
_ASS_FIELDS: Final = 8  # before the text: ReadOrder, Layer, Style, Name, three margins, Effect
_ASS_DRAWING: Final = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}")
_ASS_BREAK: Final = re.compile(r"\\[Nn]")
_ASS_OVERRIDE: Final = re.compile(r"\{[^{}]*\}")
_OVERRIDE: Final = re.compile(r"\{\\[^{}]*\}")  # SubRip's authors borrow it
_ELEMENT: Final = re.compile(r"</?[A-Za-z0-9][^<>]*>")
_UTF16_MARKS: Final = (b"\xfe\xff", b"\xff\xfe")
_PARTIAL: Final = Disposition.forced | Disposition.comment


def choose_subtitles(media: Media) -> Stream | None:
    """The text subtitles nearest to the sound: in its language, whole, the default; else None."""
    language = media.track.language

    def preference(track: Stream) -> tuple[bool, bool, bool, int]:
        return (
            track.language != language,
            bool(track.disposition & _PARTIAL),
            not track.disposition & Disposition.default,
            track.index,
        )

    tracks = [track for track in media.container.streams.subtitles if _format(track) in _READERS]
    return min(tracks, key=preference, default=None)


def subtitle_text(track: Stream, packet: bytes) -> str:
    """What a packet of `track` shows, line by line, without any markup."""
    text = _READERS[_format(track)](packet[:_MAX_BYTES])
    lines = (clean(line, _MAX_LINE) for line in text.splitlines())
    return "\n".join(filter(None, lines))


def _format(track: Stream) -> str:
    # PyAV's type does not say so, but a stream without a decoder has no context.
    context = track.codec_context or None
    return context.codec.canonical_name if context else ""


def _mov_text(packet: bytes) -> str:
    text = packet[2 : 2 + int.from_bytes(packet[:2])]
    if text.startswith(_UTF16_MARKS):
        return text.decode("utf-16", "ignore")
    return _plain(text)


def _ass(packet: bytes) -> str:
    _, *text = _plain(packet).split(",", _ASS_FIELDS)
    if len(text) < _ASS_FIELDS or _ASS_DRAWING.search(text[-1]):
        return ""
    return _ASS_OVERRIDE.sub("", _ASS_BREAK.sub("\n", text[-1].replace("\\h", " ")))


def _marked_up(packet: bytes) -> str:
    return html.unescape(_ELEMENT.sub("", _OVERRIDE.sub("", _plain(packet))))


def _plain(packet: bytes) -> str:
    return packet.decode("utf-8", "ignore")


_READERS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "ass": _ass,
    "mov_text": _mov_text,
    "subrip": _marked_up,
    "text": _plain,
    "webvtt": _marked_up,
}
