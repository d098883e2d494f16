"""What the MP3 says of itself."""

import subprocess
from pathlib import Path

import pytest
from mutagen.id3 import ID3

from converter.box import Box
from tests.integration.converter_engine.media import PICTURE, convert, ffmpeg, sound

TITLES = (
    "A plain title",
    "Größenwahn – naïve café",
    "Война и мир",
    "أغنية",
    "雨の歌",
    "🎻 in D 🎶",
)


def tags_of(path: Path, data: bytes) -> dict[str, str]:
    path.write_bytes(data)
    return {key: str(frame) for key, frame in ID3(path).items()}


@pytest.mark.parametrize("container", ["mp4", "mkv", "webm", "mov", "avi", "flv", "wmv", "ogg"])
@pytest.mark.parametrize("title", TITLES)
def test_the_title_of_the_source_is_kept(
    box: Box, tmp_path: Path, container: str, title: str
) -> None:
    """The title that a video carries is the MP3's, in every script; nothing leaks beside it."""
    source = tmp_path / f"named otherwise.{container}"
    pictures = () if container == "ogg" else PICTURE
    rate = 48000 if container == "webm" else 44100
    ffmpeg(*pictures, *sound(0.3, rate), "-t", "0.3", "-metadata", f"title={title}", source)
    mp3 = convert(box, source.read_bytes(), source.name)
    assert mp3.facts.source.title == title
    assert mp3.probe(tmp_path)["format"]["tags"] == {"title": title}
    assert tags_of(tmp_path / "x.mp3", mp3.data) == {"TIT2": title}


@pytest.mark.parametrize("container", ["mp4", "mkv", "flac", "ogg", "mp3"])
def test_the_other_tags_a_listener_wants(box: Box, tmp_path: Path, container: str) -> None:
    """All tags that ID3 has a place for come along; what the muxer noted does not."""
    source = tmp_path / f"song.{container}"
    wanted = {
        "title": "Lied",
        "artist": "Künstler",
        "album": "Альбом",
        "album_artist": "فنان",
        "date": "2021-05-03",
        "track": "3/12",
        "genre": "🎻 Folk",
        "comment": "日本語",
    }
    leftovers = {"encoder": "me", "copyright": "x", "creation_time": "2020-01-01T00:00:00Z"}
    named = [
        part
        for key, value in (wanted | leftovers).items()
        for part in ("-metadata", f"{key}={value}")
    ]
    ffmpeg(*sound(1.0), *named, "-metadata:s:a:0", "language=ger", source)
    mp3 = convert(box, source.read_bytes(), source.name)
    language = "ger" if container in {"mp4", "mkv", "ogg"} else None
    tags = tags_of(tmp_path / "x.mp3", mp3.data)
    assert tags.pop("TLAN", None) == language
    assert tags == {
        "TIT2": "Lied",
        "TPE1": "Künstler",
        "TALB": "Альбом",
        "TPE2": "فنان",
        "TDRC": "2021-05-03",
        "TRCK": "3/12",
        "TCON": "🎻 Folk",
        f"COMM::{language or 'XXX'}": "日本語",
    }
    probed = mp3.probe(tmp_path)["format"]["tags"]
    assert probed.pop("language", None) == language
    assert probed == wanted
    listed = subprocess.run(["id3v2", "-l", tmp_path / "x.mp3"], capture_output=True, check=True)
    assert "TRCK (Track number/Position in set): 3/12" in listed.stdout.decode(errors="replace")
    assert "Title  : Lied" in listed.stdout.decode(errors="replace")  # in ID3v1
    assert mp3.data[-128:].startswith(b"TAG")
    assert mp3.data.count(b"TAG") == 1


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Ürlaub 2021.mkv", "Ürlaub 2021"),
        ("../../../etc/passwd", "passwd"),
        ("C:\\videos\\日本語.mp4", "日本語"),
        ("two\r\nlines\x00.mp4", "two lines"),
        ("", "Untitled"),
        ("-rf.mp4", "-rf"),
        ("a" * 2000 + ".mp4", "a" * 250),
        ("lone surrogate \udcff.mp4", "lone surrogate"),
    ],
)
def test_without_a_title_the_file_name_gives_one(
    box: Box, tmp_path: Path, name: str, title: str
) -> None:
    """The file's name without its suffix is the title, whatever is in it."""
    source = tmp_path / "source.mkv"
    ffmpeg(*sound(0.3), source)
    assert convert(box, source.read_bytes(), name).facts.source.title == title


def test_the_title_of_a_track_is_not_that_of_the_video(box: Box, tmp_path: Path) -> None:
    """What a track is called, such as "Stereo", is no title."""
    source = tmp_path / "film.mkv"
    ffmpeg(*sound(0.3), "-metadata:s:a:0", "title=Stereo", source)
    assert convert(box, source.read_bytes(), "film.mkv").facts.source.title == "film"


def test_a_title_in_an_unknown_encoding_is_no_title(box: Box, tmp_path: Path) -> None:
    """Bytes that are no text do not become one."""
    source = tmp_path / "old.avi"
    ffmpeg(*PICTURE, *sound(0.3), "-t", "0.3", "-metadata", "title=XXXXXXXX", source)
    broken = source.read_bytes().replace(b"XXXXXXXX", "Привет12".encode("cp1251"))
    assert convert(box, broken, "old.avi").facts.source.title == "old"


LEVELS = """<?xml version="1.0"?>
<Tags>
  <Tag><Targets><TargetTypeValue>50</TargetTypeValue><TargetType>ALBUM</TargetType></Targets>
    <Simple><Name>TITLE</Name><String>اسم الألبوم</String></Simple>
    <Simple><Name>ARTIST</Name><String>Various</String></Simple></Tag>
  <Tag><Targets><TargetTypeValue>30</TargetTypeValue><TargetType>TRACK</TargetType></Targets>
    <Simple><Name>TITLE</Name><String>曲 🎶</String></Simple>
    <Simple><Name>PART_NUMBER</Name><String>4</String></Simple></Tag>
  <Tag><Targets><EditionUID>1</EditionUID></Targets>
    <Simple><Name>GENRE</Name><String>Folk</String></Simple></Tag>
</Tags>"""
OF_THE_TRACK = """<?xml version="1.0"?>
<Tags><Tag><Targets/><Simple><Name>ARTIST</Name><String>Певица</String></Simple></Tag></Tags>"""


def test_the_levels_of_matroska(box: Box, tmp_path: Path) -> None:
    """Tags of the file, the album, the edition and the track, as mkvpropedit writes them."""
    source = tmp_path / "song.mka"
    ffmpeg(*sound(0.3), source)
    (tmp_path / "levels.xml").write_text(LEVELS)
    (tmp_path / "track.xml").write_text(OF_THE_TRACK)
    edits = ["--tags", f"global:{tmp_path}/levels.xml", "--tags", f"track:a1:{tmp_path}/track.xml"]
    named = ["--edit", "info", "--set", "title=File", "--edit", "track:a1", "--set", "name=Stereo"]
    edit = ["mkvpropedit", "-q", str(source), *edits, *named, "--set", "language=jpn"]
    subprocess.run(edit, check=True, capture_output=True)
    assert tags_of(tmp_path / "x.mp3", convert(box, source.read_bytes()).data) == {
        "TIT2": "曲 🎶",
        "TALB": "اسم الألبوم",
        "TPE2": "Various",
        "TPE1": "Певица",
        "TRCK": "4",
        "TCON": "Folk",
        "TLAN": "jpn",
    }


def test_options_set_the_tags(box: Box, tmp_path: Path) -> None:
    """An option replaces the source's tag; an empty one leaves it out, of a copied MP3 too."""
    source = tmp_path / "song.mp3"
    old = ("-metadata", "title=Old", "-metadata", "artist=Somebody", "-write_id3v1", 1)
    ffmpeg(*sound(1.0), "-b:a", "128k", *old, source)
    mp3 = convert(box, source.read_bytes(), title="עברית", artist="", track="2")
    assert mp3.facts.source.codec == "mp3"
    assert tags_of(tmp_path / "x.mp3", mp3.data) == {"TIT2": "עברית", "TRCK": "2"}
    assert mp3.data.count(b"TAG") == 1
    bare = convert(box, source.read_bytes(), title="", artist="")
    assert bare.data.startswith(b"\xff")  # a frame
    assert b"TAG" not in bare.data
