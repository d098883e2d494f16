"""How the tags of an MP3 are written: ID3v2.3 before the sound, ID3v1 behind it.

Sources: "ID3 tag version 2.3.0" of id3.org; for ID3v1.1, Michael Mutschler's addition to Eric
Kemp's tag.
"""

import io
from collections.abc import Mapping
from typing import Any, Final

from mutagen import id3

from converter.tags import Tags

# FFmpeg takes an MP3 for two that were joined, and forgets its exact length, where more than a
# sixteenth stands behind what its Xing frame counts (mp3_parse_info_tag); that is without ID3v1.
_LEAST_BEFORE_V1: Final = 32 * 128
_UNKNOWN_LANGUAGE: Final = "XXX"
_TEXTS: Final[Mapping[str, Any]] = {
    "title": id3.TIT2,
    "artist": id3.TPE1,
    "album": id3.TALB,
    "album_artist": id3.TPE2,
    "date": id3.TDRC,
    "track": id3.TRCK,
    "genre": id3.TCON,
    "language": id3.TLAN,
}
_IN_V1: Final = ("TIT2", "TPE1", "TALB", "COMM")


class Id3:
    """The tags around the sound of one MP3; without any there are no bytes of them."""

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self.start = _written(_frames(tags))

    def end(self, size: int) -> bytes:
        """What stands behind the MP3, which has `size` bytes without tags."""
        if not self.start or size < _LEAST_BEFORE_V1:
            return b""
        return _id3v1(self._tags)


def _frames(tags: Tags) -> id3.ID3:
    frames = id3.ID3()
    for name, frame in _TEXTS.items():
        if text := getattr(tags, name):
            frames.add(frame(encoding=_encoding(text), text=[text]))
    if tags.comment:
        frames.add(_comment(tags.comment, tags.language))
    return frames


def _comment(text: str, language: str | None) -> id3.COMM:
    return id3.COMM(
        encoding=_encoding(text), lang=language or _UNKNOWN_LANGUAGE, desc="", text=[text]
    )


def _written(frames: id3.ID3) -> bytes:
    if not frames:
        return b""
    frames.update_to_v23()
    written = io.BytesIO()
    frames.save(written, v1=0, v2_version=3, padding=lambda _: 0)
    return written.getvalue()


def _id3v1(tags: Tags) -> bytes:
    """Its texts are Latin-1: what is written in another script is left to ID3v2."""
    frames = _frames(tags)
    if tags.comment:
        frames["COMM"] = _comment(tags.comment, tags.language)  # where MakeID3v1 looks for it
    for key in _IN_V1:
        if key in frames:
            frames[key].text = [_latin1_part(frames[key].text[0])]
    written: bytes = id3.MakeID3v1(frames)
    return written


def _latin1_part(text: str) -> str:
    part = " ".join(text.encode("latin-1", "ignore").decode("latin-1").split())
    return part if any(map(str.isalnum, part)) else ""


def _encoding(text: str) -> int:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return id3.Encoding.UTF16
    return id3.Encoding.LATIN1
