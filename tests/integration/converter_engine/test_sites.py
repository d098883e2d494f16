"""What the site of a link says of a video: in the MP3's tags, chapters and cover."""

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mutagen.id3 import ID3

from chassis.options import Cover
from chassis.sources import Chapter, Metadata
from converter.box import Box, BoxLimits
from converter.cores import Cores
from converter.site import Site
from tests.integration.converter_engine.media import (
    PICTURE,
    convert,
    convert_fetched,
    ffmpeg,
    sound,
)
from tests.integration.converter_engine.test_chapters import chapters_of, described
from tests.integration.converter_engine.test_covers import (
    H264,
    cover_of,
    picture_file,
    pixels,
    shown,
    size,
)
from tests.integration.converter_engine.test_titles import tags_of
from tests.sites import METADATA, SCRIPTS

ALL_TAGS = {
    "TIT2": METADATA.title,
    "TPE1": METADATA.artist,
    "TALB": METADATA.album,
    "TPE2": METADATA.album_artist,
    "TDRC": "2024-05-03",
    "TRCK": "3",
    "TCON": METADATA.genre,
    "COMM::jpn": METADATA.comment,
    "TLAN": "jpn",
}
OWN = {
    "title": "Own",
    "artist": "Somebody",
    "album": "Thing",
    "album_artist": "Others",
    "date": "1999",
    "track": "7/9",
    "genre": "Rock",
    "comment": "Mine",
}
LOST = "No cover: the picture of the site could not be used."
UNREADABLE = "No cover: its picture could not be read."
TOO_LARGE = "The source's picture is too large for a cover; cover=attached makes it smaller."


def pictured(picture: bytes | None, metadata: Metadata = METADATA) -> Site:
    """A site with a picture; None: that cannot be had."""
    return Site(replace(metadata, picture_sha256="ab" * 32), picture)


def bare(folder: Path, name: str = "sound.m4a", seconds: float = 3.0) -> bytes:
    """What a site gives that was asked for sound alone."""
    ffmpeg(*sound(seconds), "-map_metadata", -1, "-fflags", "+bitexact", folder / name)
    return (folder / name).read_bytes()


def full(folder: Path) -> tuple[bytes, bytes]:
    """A song with tags, chapters and a picture of its own, and that picture."""
    picture, path = picture_file(folder, "own.jpg", "64x64"), folder / "full.m4a"
    named = [part for key, text in OWN.items() for part in ("-metadata", f"{key}={text}")]
    chapters = described(folder, ["One", "Two"], 1.0)
    maps = ("-map", 0, "-map", 1, "-map_chapters", 2, "-c:v", "copy", "-disposition:v")
    language = ("-metadata:s:a:0", "language=eng")
    ffmpeg(
        *(*sound(3.0), "-i", picture, "-i", chapters, *maps, "attached_pic"),
        *(*named, *language, path),
    )
    return path.read_bytes(), picture.read_bytes()


def texts_of(folder: Path, data: bytes) -> dict[str, str]:
    """Its tags, without chapters and cover, and without what mutagen takes from ID3v1."""
    found = tags_of(folder / "x.mp3", data)
    others = ("CHAP", "CTOC", "APIC", "COMM:ID3v1")
    return {key: text for key, text in found.items() if not key.startswith(others)}


@pytest.mark.parametrize("name", ["sound.m4a", "sound.webm", "sound.mp3", "stream.ts"])
def test_a_bare_sound_has_all_that_its_site_says(box: Box, tmp_path: Path, name: str) -> None:
    """Tags, chapters at their times, and the picture byte for byte, in every script; of a copied
    MP3 too, and where the container's clock does not begin at 0.
    """
    picture = picture_file(tmp_path).read_bytes()
    codec = ("-c:a", "libopus", "-ar", 48000) if name == "sound.webm" else ()
    ffmpeg(*sound(3.0), *codec, tmp_path / name)
    source = (tmp_path / name).read_bytes()
    mp3 = convert_fetched(box, source, pictured(picture), "watch.bin")
    assert texts_of(tmp_path, mp3.data) == ALL_TAGS
    assert cover_of(mp3, tmp_path).data == picture
    probed = mp3.probe(tmp_path)
    assert probed["format"]["tags"]["title"] == METADATA.title == mp3.facts.source.title
    assert [stream["codec_name"] for stream in probed["streams"]] == ["mp3", "mjpeg"]
    found = chapters_of(mp3, tmp_path)
    assert [title for *_, title in found] == list(SCRIPTS)
    assert [start for start, *_ in found] == pytest.approx([0.25 * n for n in range(9)], abs=0.03)
    ends = [end for _, end, _ in found]
    assert ends[:-1] == [start for start, *_ in found[1:]]
    assert ends[-1] == pytest.approx(mp3.facts.mp3.duration, abs=0.03)
    assert mp3.facts.notes == convert(box, source, "watch.bin").facts.notes


def test_the_site_goes_before_the_files_own(box: Box, tmp_path: Path) -> None:
    """But the picture is the file's own where it has one; where the site says nothing, the file
    does.
    """
    source, own = full(tmp_path)
    other = picture_file(tmp_path).read_bytes()
    mp3 = convert_fetched(box, source, pictured(other))
    assert texts_of(tmp_path, mp3.data) == ALL_TAGS
    assert [title for *_, title in chapters_of(mp3, tmp_path)] == list(SCRIPTS)
    assert cover_of(mp3, tmp_path).data == own
    mixed = convert_fetched(box, source, pictured(other, Metadata(artist="Певица", genre="\x00")))
    assert texts_of(tmp_path, mixed.data) == {
        "TIT2": "Own",
        "TPE1": "Певица",
        "TALB": "Thing",
        "TPE2": "Others",
        "TDRC": "1999",
        "TRCK": "7/9",
        "TCON": "Rock",
        "COMM::eng": "Mine",
        "TLAN": "eng",
    }
    assert [title for *_, title in chapters_of(mixed, tmp_path)] == ["One", "Two"]
    assert cover_of(mixed, tmp_path).data == own
    mine = convert_fetched(box, source, pictured(other), title="Mine", artist="", cover=Cover.NONE)
    tags = tags_of(tmp_path / "x.mp3", mine.data)
    assert (tags["TIT2"], tags.get("TPE1"), tags["TALB"]) == ("Mine", None, METADATA.album)
    assert not cover_of(mine, tmp_path)
    assert mp3.facts.notes == mixed.facts.notes == mine.facts.notes == ()


def test_a_site_that_says_nothing_changes_nothing(box: Box, tmp_path: Path) -> None:
    """The MP3 is that of an upload, byte for byte, with tags of its own and without."""
    for source in (full(tmp_path)[0], bare(tmp_path)):
        assert convert_fetched(box, source, Site(Metadata())).data == convert(box, source).data


def test_the_chapters_of_a_site_are_cut(box: Box, tmp_path: Path) -> None:
    """Those that lie in the part that is taken, at their times there; behind the end are none."""
    late = (Chapter(0.5, "one"), Chapter(1.0, "two"), Chapter(2.0, "three"), Chapter(90.0, "late"))
    site = Site(Metadata(chapters=late))
    source = bare(tmp_path)
    whole = chapters_of(convert_fetched(box, source, site), tmp_path)
    assert [(start, title) for start, _, title in whole] == [
        (0.5, "one"),
        (1.0, "two"),
        (2.0, "three"),
    ]
    part = convert_fetched(box, source, site, start=0.75, end=1.5)
    assert chapters_of(part, tmp_path) == [(0.0, 0.25, "one"), (0.25, 0.75, "two")]


def test_the_chapters_of_a_site_become_mp3s(box: Box, tmp_path: Path) -> None:
    """One for each, with its title, the site's title as album, and the cover in each."""
    picture = picture_file(tmp_path).read_bytes()
    metadata = Metadata(
        title="夏の歌",
        artist="Певица",
        chapters=(Chapter(0.0, SCRIPTS[2]), Chapter(1.0, SCRIPTS[8])),
    )
    made = convert_fetched(box, bare(tmp_path), pictured(picture, metadata), split_chapters=True)
    assert [part.title for part in made.facts.parts] == [SCRIPTS[2], SCRIPTS[8]]
    assert [part.duration for part in made.facts.parts] == pytest.approx([1.0, 2.0], abs=0.05)
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        files = [archive.read(name) for name in archive.namelist()]
    for number, data in enumerate(files):
        read = ID3(io.BytesIO(data))
        texts = [str(read[key]) for key in ("TIT2", "TPE1", "TALB", "TRCK")]
        assert texts == [made.facts.parts[number].title, "Певица", "夏の歌", f"{number + 1}/2"]
        assert [frame.data for frame in read.getall("APIC")] == [picture]


def test_a_sites_picture_is_drawn_on_wish(box: Box, tmp_path: Path) -> None:
    """As an attached one: square, or smaller; a large one is left out else, with a note."""
    source = bare(tmp_path)
    small = pictured(picture_file(tmp_path).read_bytes())
    assert cover_of(convert_fetched(box, source, small, cover=Cover.ATTACHED), tmp_path).data == (
        small.picture
    )
    square = convert_fetched(box, source, small, cover_square=True)
    assert size(shown(square, tmp_path)) == (180, 180)
    large = pictured(picture_file(tmp_path, "large.png", "3000x1500").read_bytes())
    usual = convert_fetched(box, source, large)
    assert not cover_of(usual, tmp_path)
    assert usual.facts.notes == (TOO_LARGE,)
    asked = convert_fetched(box, source, large, cover=Cover.ATTACHED)
    assert size(shown(asked, tmp_path)) == (1400, 700)
    none = convert_fetched(box, source, large, cover=Cover.NONE)
    assert not cover_of(none, tmp_path)
    assert square.facts.notes == asked.facts.notes == none.facts.notes == ()


def test_a_frame_is_the_videos(box: Box, tmp_path: Path) -> None:
    """Whatever the picture of the site is."""
    path = tmp_path / "film.mp4"
    ffmpeg(*PICTURE, *sound(1.0), "-t", 1, *H264, path)
    site = pictured(picture_file(tmp_path, "other.jpg", "320x180").read_bytes())
    for cover in (Cover.FRAME, 0.5):
        mp3 = convert_fetched(box, path.read_bytes(), site, cover=cover)
        assert size(shown(mp3, tmp_path)) == (160, 120)


def png(width: int, height: int, data: bytes) -> bytes:
    """A PNG of one grey byte a pixel that says it is so large; `data` is what it holds."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


HUGE = struct.pack(">HBHHB", 17, 8, 65500, 65500, 3)


@pytest.mark.parametrize(
    ("picture", "usual", "asked"),
    [
        (png(100_000, 100_000, bytes(1 << 20)), TOO_LARGE, "No cover: the picture is too large."),
        (png(1 << 31, 1, b""), TOO_LARGE, "No cover: the picture is too large."),
        (png(4000, 4000, b""), TOO_LARGE, UNREADABLE),
        (png(1400, 1400, bytes(1 << 28)), None, None),
        (
            b"\xff\xd8\xff\xc0" + HUGE + bytes(1000),
            TOO_LARGE,
            "No cover: the picture is too large.",
        ),
        (b"GIF89a" + bytes(1000), LOST, LOST),
        (b"<!doctype html><title>404</title>", LOST, LOST),
        (b"\xff\xd8\xff", LOST, LOST),
        (b"", LOST, LOST),
        (None, LOST, LOST),
    ],
    ids=["bomb", "wide", "hollow", "deflated", "jpeg", "gif", "html", "cut", "empty", "lost"],
)
def test_a_bad_picture_harms_nothing(
    box: Box, tmp_path: Path, picture: bytes | None, usual: str | None, asked: str | None
) -> None:
    """It costs the cover alone, which is noted; sound, tags and chapters are there."""
    source = bare(tmp_path)
    wishes: list[tuple[dict[str, Any], str | None]] = [({}, usual), ({"cover_square": True}, asked)]
    for options, note in wishes:
        mp3 = convert_fetched(box, source, pictured(picture), **options)
        assert texts_of(tmp_path, mp3.data) == ALL_TAGS
        assert len(chapters_of(mp3, tmp_path)) == len(SCRIPTS)
        if note:
            assert not cover_of(mp3, tmp_path)
            assert mp3.facts.notes == (note,)


def test_a_picture_that_is_cut_off(box: Box, tmp_path: Path) -> None:
    """It is passed on by its header as an attached one is, or drawn as far as it goes; or left
    out, with a note.
    """
    whole = picture_file(tmp_path).read_bytes()
    site = pictured(whole[: len(whole) // 2])
    source = bare(tmp_path)
    assert cover_of(convert_fetched(box, source, site), tmp_path).data == site.picture
    drawn = convert_fetched(box, source, site, cover_square=True)
    if cover := cover_of(drawn, tmp_path):
        assert size(pixels(cover.data)) == (180, 180)
    else:
        assert drawn.facts.notes == (UNREADABLE,)


@pytest.mark.parametrize("options", [{}, {"split_chapters": True}])
def test_a_picture_that_crashes_its_decoder(tmp_path: Path, options: dict[str, Any]) -> None:
    """All but the cover is there, at the first attempt, and a note says why."""
    picture = picture_file(tmp_path, "large.png", "3000x1500").read_bytes()
    engine = "tests.integration.converter_engine.misbehaving:crash_in_the_picture_decoder"
    source = bare(tmp_path)
    with Box(BoxLimits(), Cores(1), engine=engine) as box:
        mp3 = convert_fetched(box, source, pictured(picture), cover=Cover.ATTACHED, **options)
        without = convert_fetched(box, source, Site(METADATA), **options)
    assert mp3.data == without.data
    assert mp3.facts.notes == (UNREADABLE,)


def test_a_site_that_talks_without_end(box: Box, tmp_path: Path) -> None:
    """The first 5000 chapters are there, with a note, and every text is cut."""
    endless = "🎻" * 5000
    chapters = tuple(Chapter(0.0012 * number, endless) for number in range(20_000))
    source = bare(tmp_path, seconds=6.5)
    mp3 = convert_fetched(box, source, Site(Metadata(title=endless, chapters=chapters)))
    found = chapters_of(mp3, tmp_path)
    assert len(found) == 5000
    assert {title for *_, title in found} == {"🎻" * 250} == {mp3.facts.source.title}
    [note] = mp3.facts.notes
    assert note == "The source has more than 5000 chapters: only the first are in the MP3."
