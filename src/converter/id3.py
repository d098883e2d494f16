"""How the tags of an MP3 are written: ID3v2.3 before the sound, ID3v1 behind it.

Sources: "ID3 tag version 2.3.0" of id3.org; for ID3v1.1, Michael Mutschler's addition to Eric
Kemp's tag.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mutagen import id3

from converter.chapters import Chapter, clip
from converter.cutting import Span
from converter.id3_chapters import chapter_frames
from converter.id3_lyrics import lyrics_frames
from converter.id3_text import text_encoding
from converter.labels import Labels
from converter.lyrics import Lyrics
from converter.pictures import Picture
from converter.tags import Tags

# FFmpeg takes an MP3 for two that were joined, and forgets its exact length, where more than a
# sixteenth stands behind what its Xing frame counts (mp3_parse_info_tag); that is without ID3v1.
_LEAST_BEFORE_V1: Final = 32 * 128
_HEADER: Final = b"ID3\x03\x00\x00"  # version 2.3.0, no flags; then its size
_HEADER_BYTES: Final = 10
_NO_TIMES: Final = "The subtitles are in the MP3 without their times: there are too many."
_NO_LYRICS: Final = "The subtitles are not in the MP3: there are too many."
_LYRICS_CUT: Final = "The end of the subtitles is not in the MP3: there are too many."
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
    """The tags around the sound of one MP3; without any there are no bytes of them.

    `start` is what stands before the sound while nobody knows how long it is; `notes` tells, once
    that is finished, what its owner is to know.
    """

    def __init__(self, labels: Labels, lyrics: Lyrics | None = None) -> None:
        self._tags = labels.tags
        self._chapters = labels.chapters
        self._cover = labels.cover
        self._lyrics = lyrics
        self.start = _written(self._all_frames(labels.chapters), labels.lyrics_room)
        self.notes: tuple[str, ...] = ()

    def finished(self, seconds: float) -> bytes:
        """What is to stand in place of `start`, and is as long, before `seconds` of sound."""
        chapters = tuple(clip(self._chapters, Span(end=seconds)))
        if chapters == self._chapters and not self._lyrics:
            return self.start
        body = _body(self._all_frames(chapters))
        room = len(self.start) - _HEADER_BYTES - len(body)
        lyrics = self._lyrics_body(room, seconds)
        return _tag(body + lyrics, room - len(lyrics))

    def end(self, size: int) -> bytes:
        """What stands behind the MP3, which has `size` bytes without tags."""
        if not self.start or size < _LEAST_BEFORE_V1:
            return b""
        return _id3v1(self._tags)

    def _lyrics_body(self, room: int, seconds: float) -> bytes:
        """As much of the lyrics as there is room for: with the times, or the text alone."""
        if self._lyrics is None:
            return b""
        frames = lyrics_frames(self._lyrics, seconds)
        if self._lyrics.is_cut:
            self.notes = (_LYRICS_CUT,)
        while frames and len(body := _body(frames)) > room:
            del frames[-1]
            self.notes = (_NO_TIMES if frames else _NO_LYRICS,)
        return body if frames else b""

    def _all_frames(self, chapters: Sequence[Chapter]) -> list[Any]:
        frames = [*_text_frames(self._tags), *chapter_frames(chapters)]
        if self._cover:
            frames.append(_picture(self._cover))
        return frames


def _text_frames(tags: Tags) -> list[Any]:
    frames = [
        frame(encoding=text_encoding(text), text=[text])
        for name, frame in _TEXTS.items()
        if (text := getattr(tags, name))
    ]
    if tags.comment:
        frames.append(_comment(tags.comment, tags.language))
    return frames


def _comment(text: str, language: str | None) -> id3.COMM:
    return id3.COMM(
        encoding=text_encoding(text), lang=language or _UNKNOWN_LANGUAGE, desc="", text=[text]
    )


def _picture(cover: Picture) -> id3.APIC:
    return id3.APIC(
        encoding=id3.Encoding.LATIN1,
        mime=cover.mime,
        type=id3.PictureType.COVER_FRONT,
        desc="",
        data=cover.data,
    )


def _written(frames: list[Any], room: int) -> bytes:
    """The tag with `frames` in that order and so many bytes of padding; nothing without any."""
    return _tag(_body(frames), room) if frames or room else b""


def _tag(body: bytes, padding: int) -> bytes:
    return _HEADER + id3.BitPaddedInt.to_str(len(body) + padding) + body + bytes(padding)


def _body(frames: list[Any]) -> bytes:
    return b"".join(map(_frame_bytes, frames))


def _frame_bytes(frame: Any) -> bytes:
    # One by one: mutagen would put chapters in the order of their lengths.
    tag = _tag_of([frame])
    tag.update_to_v23()
    written = io.BytesIO()
    tag.save(written, v1=0, v2_version=3, padding=lambda _: 0)
    return written.getvalue()[_HEADER_BYTES:]


def _tag_of(frames: list[Any]) -> id3.ID3:
    tag = id3.ID3()
    for frame in frames:
        tag.add(frame)
    return tag


def _id3v1(tags: Tags) -> bytes:
    """Its texts are Latin-1: what is written in another script is left to ID3v2."""
    tag = _tag_of(_text_frames(tags))
    if tags.comment:
        tag["COMM"] = _comment(tags.comment, tags.language)  # where MakeID3v1 looks for it
    for key in _IN_V1:
        if key in tag:
            tag[key].text = [_latin1_part(tag[key].text[0])]
    written: bytes = id3.MakeID3v1(tag)
    return written


def _latin1_part(text: str) -> str:
    part = " ".join(text.encode("latin-1", "ignore").decode("latin-1").split())
    return part if any(map(str.isalnum, part)) else ""
