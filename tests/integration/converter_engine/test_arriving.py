"""Videos that are converted while they arrive: the MP3 is that of the whole file, and no other."""

import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chassis.options import ConversionOptions, Cover
from converter.box import Box
from converter.conversion import StartOver
from tests.integration.converter_engine.media import (
    PICTURE,
    MemorySink,
    MemorySource,
    convert,
    ffmpeg,
)

NOISE = ("-f", "lavfi", "-i", "aevalsrc=0.4*random(0)|0.4*random(1):s=44100:d=15")
KINDS = {
    "film.mkv": ("-c:a", "pcm_s16le"),
    "film.mp4": ("-c:a", "aac", "-b:a", "512k", "-movflags", "+faststart"),
    "film.mov": ("-c:a", "pcm_s16le", "-movflags", "+faststart"),
    "fragments.mp4": ("-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov", "-g", "5"),
    "film.ts": ("-c:a", "aac"),
    "film.mpg": ("-r", "25", "-c:a", "mp2"),
    "sound.flac": ("-vn",),
    "sound.wav": ("-vn", "-c:a", "pcm_s32le"),
    "sound.ogg": ("-vn", "-c:a", "libvorbis"),
    "sound.aac": ("-vn", "-b:a", "256k"),
}
AT_LAST = {"late.mov": ("-c:a", "pcm_s16le"), "film.avi": ("-c:a", "mp3"), "sound.mp3": ("-vn",)}


class ArrivingSource:
    """A file on its way: when its size is asked for, or its end read, it is whole."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.is_whole = False

    @property
    def size(self) -> int:
        """See SourceReader."""
        self.is_whole = True
        return len(self._data)

    def read_at(self, offset: int, length: int) -> bytes:
        """See SourceReader."""
        found = self._data[offset : offset + length]
        self.is_whole = self.is_whole or offset + len(found) == len(self._data) or not found
        return found


class WatchingSink(MemorySink):
    """An MP3 that knows whether it was begun before its source was whole."""

    def __init__(self, source: ArrivingSource) -> None:
        super().__init__()
        self._source = source
        self.was_early = False

    def write(self, data: bytes) -> None:
        """See Sink."""
        self.was_early = self.was_early or not self._source.is_whole
        super().write(data)


def follow(box: Box, data: bytes, **options: Any) -> WatchingSink:
    source = ArrivingSource(data)
    sink = WatchingSink(source)
    box.convert(
        source,
        sink,
        ConversionOptions(**options),
        name="film",
        on_progress=lambda _: None,
        should_stop=lambda: False,
        arriving=True,
    )
    return sink


@pytest.mark.parametrize("name", [*KINDS, *AT_LAST])
def test_a_file_on_its_way_gives_the_mp3_of_the_whole(name: str, box: Box, tmp_path: Path) -> None:
    """What can be read in order is converted before its end is there, all else when it is."""
    path = tmp_path / name
    ffmpeg(*PICTURE, *NOISE, *(KINDS | AT_LAST)[name], "-metadata", "title=Noise", "-t", 15, path)
    sink = follow(box, path.read_bytes())
    assert bytes(sink.data) == convert(box, path.read_bytes(), name="film").data
    assert sink.was_early == (name in KINDS)


def test_a_title_at_the_end_asks_for_a_new_start(box: Box, tmp_path: Path) -> None:
    """What was made without it is worth nothing; made of the whole file, the MP3 has it."""
    path = tmp_path / "sound.wav"
    ffmpeg(*NOISE, "-c:a", "pcm_s32le", "-fflags", "+bitexact", path)
    title = b"INFO" + b"INAM" + struct.pack("<I", 6) + b"Noise\0"
    data = bytearray(path.read_bytes() + b"LIST" + struct.pack("<I", len(title)) + title)
    data[4:8] = struct.pack("<I", len(data) - 8)
    with pytest.raises(StartOver):
        follow(box, bytes(data))
    assert convert(box, bytes(data)).facts.source.title == "Noise"


def test_a_cover_from_the_video_waits_for_all_of_it(box: Box, tmp_path: Path) -> None:
    """A video that is read anywhere is converted once it is whole."""
    path = tmp_path / "film.mkv"
    ffmpeg(*PICTURE, *NOISE, "-c:a", "pcm_s16le", "-t", 15, path)
    sink = follow(box, path.read_bytes(), cover=Cover.FRAME)
    assert not sink.was_early
    assert b"APIC" in sink.data
    assert sink.data == convert(box, path.read_bytes(), "film", cover=Cover.FRAME).data


ARTIST = """<?xml version="1.0"?><Tags><Tag><Targets/><Simple>
<Name>ARTIST</Name><String>Певица</String></Simple></Tag></Tags>"""
CHAPTERS = """<?xml version="1.0"?><Chapters><EditionEntry>
<ChapterAtom><ChapterTimeStart>00:00:00.000</ChapterTimeStart>
<ChapterDisplay><ChapterString>第一章</ChapterString></ChapterDisplay></ChapterAtom>
<ChapterAtom><ChapterTimeStart>00:00:05.000</ChapterTimeStart>
<ChapterDisplay><ChapterString>第二章</ChapterString></ChapterDisplay></ChapterAtom>
</EditionEntry></Chapters>"""
LATE = {
    "tags": (("--tags", "track:a1:late"), ARTIST, b"TPE1"),
    "chapters": (("--chapters", "late"), CHAPTERS, b"CHAP"),
    "cover": (("--attachment-mime-type", "image/png", "--add-attachment", "late"), "", b"APIC"),
}


@pytest.mark.parametrize("what", LATE)
def test_labels_at_the_end_ask_for_a_new_start(box: Box, tmp_path: Path, what: str) -> None:
    """Whatever the tag is made of may stand at the end of a file, where an editor puts it."""
    path = tmp_path / "film.mkv"
    ffmpeg(*PICTURE, *NOISE, "-c:a", "pcm_s32le", "-t", 15, path)
    assert follow(box, path.read_bytes()).was_early
    edit, text, frame = LATE[what]
    late = tmp_path / "late"
    ffmpeg(*PICTURE, "-frames:v", 1, "-f", "image2", "-c:v", "png", late)
    if text:
        late.write_text(text)
    subprocess.run(["mkvpropedit", "-q", path, *edit], check=True, cwd=tmp_path)
    with pytest.raises(StartOver):
        follow(box, path.read_bytes())
    assert frame in convert(box, path.read_bytes()).data


@pytest.mark.parametrize("data", [bytes(range(200)) * 50_000, b""], ids=["noise", "nothing"])
def test_what_is_no_media_is_refused_when_it_is_whole(box: Box, data: bytes) -> None:
    """The verdict is that over the whole file."""
    with pytest.raises(Exception, match="not_media"):
        follow(box, data)
    with pytest.raises(Exception, match="not_media"):
        box.convert(
            MemorySource(data),
            MemorySink(),
            ConversionOptions(),
            name="film",
            on_progress=lambda _: None,
            should_stop=lambda: False,
        )
