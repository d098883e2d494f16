"""Videos that are converted while they arrive: the MP3 is that of the whole file, and no other."""

import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chassis.options import ConversionOptions, Cover
from converter.box import Box, BoxLimits
from converter.conversion import Conversion, StartOver
from converter.cores import Cores
from tests.integration.converter_engine.ebur128 import judged
from tests.integration.converter_engine.lames import found_by_the_linker
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
        self.facts: Conversion | None = None

    def write(self, data: bytes) -> None:
        """See Sink."""
        self.was_early = self.was_early or not self._source.is_whole
        super().write(data)


def follow(box: Box, data: bytes, **options: Any) -> WatchingSink:
    source = ArrivingSource(data)
    sink = WatchingSink(source)
    sink.facts = box.convert(
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


@pytest.mark.parametrize("name", ["film.mkv", "fragments.mp4", "film.ts", "sound.ogg", "late.mov"])
def test_what_is_normalized_is_awaited(name: str, box: Box, tmp_path: Path) -> None:
    """It is measured whole before anything is written: as loud as if it had been there at once."""
    path = tmp_path / name
    options = {"normalize": -23.0}
    ffmpeg(*PICTURE, *NOISE, *(KINDS | AT_LAST)[name], "-metadata", "title=Noise", "-t", 15, path)
    sink = follow(box, path.read_bytes(), **options)
    assert not sink.was_early
    whole = convert(box, path.read_bytes(), name="film", **options)
    assert sink.data == whole.data
    assert sink.facts == whole.facts
    assert judged(whole.save(tmp_path)).integrated == pytest.approx(-23.0, abs=0.5)


def test_a_title_at_the_end_of_what_is_normalized(box: Box, tmp_path: Path) -> None:
    """It is there: what has been awaited needs no new start."""
    path = tmp_path / "sound.mkv"
    ffmpeg(*NOISE, "-c:a", "pcm_s32le", path)
    edit = ("--edit", "info", "--set", f"title={'Late ' * 40}")
    subprocess.run(["mkvpropedit", "-q", path, *edit], check=True)
    with pytest.raises(StartOver):
        follow(box, path.read_bytes())
    facts = follow(box, path.read_bytes(), normalize=-23.0).facts
    assert facts is not None
    assert facts.source.title == ("Late " * 40).strip()


def test_a_crash_of_the_picture_decoder_costs_no_start(box: Box, tmp_path: Path) -> None:
    """What arrives is read once more from its beginning, without its cover."""
    picture = tmp_path / "cover.png"
    path = tmp_path / "song.flac"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=3000x1500", "-frames:v", 1, picture)
    attached = ("-map", 0, "-map", 1, "-c:v", "copy", "-disposition:v", "attached_pic")
    ffmpeg(*NOISE, "-i", picture, *attached, path)
    engine = "tests.integration.converter_engine.misbehaving:crash_in_the_picture_decoder"
    with found_by_the_linker(), Box(BoxLimits(), Cores(1), engine=engine) as fragile:
        sink = follow(fragile, path.read_bytes(), cover=Cover.ATTACHED)
    assert sink.was_early
    assert sink.facts is not None
    assert sink.facts.notes == ("No cover: its picture could not be read.",)
    assert sink.data == convert(box, path.read_bytes(), name="film", cover=Cover.NONE).data


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
