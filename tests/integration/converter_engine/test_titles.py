"""What the MP3 says of itself."""

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
    """Artist, album and date come along; what the muxer noted does not."""
    source = tmp_path / f"song.{container}"
    wanted = {"title": "Lied", "artist": "Künstler", "album": "Альбом", "date": "2021-05-03"}
    leftovers = {"comment": "no", "encoder": "me", "copyright": "x"}
    named = [
        part
        for key, value in (wanted | leftovers).items()
        for part in ("-metadata", f"{key}={value}")
    ]
    ffmpeg(*sound(0.3), *named, source)
    mp3 = convert(box, source.read_bytes(), source.name)
    tags = tags_of(tmp_path / "x.mp3", mp3.data)
    assert tags == {"TIT2": "Lied", "TPE1": "Künstler", "TALB": "Альбом", "TDRC": "2021-05-03"}


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
