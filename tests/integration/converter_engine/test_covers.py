"""Covers: the source's own picture, a frame of the video, or none."""

import base64
import io
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from mutagen.flac import Picture
from mutagen.id3 import ID3, PictureType
from mutagen.oggvorbis import OggVorbis
from numpy.typing import NDArray

from chassis.options import Cover
from converter.box import Box, BoxLimits
from converter.cores import Cores
from tests.integration.converter_engine.media import PICTURE, Mp3, convert, ffmpeg, sound

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
SONGS = ["song.mp4", "song.mkv", "song.mp3", "song.flac", "song.ogg"]
TOO_LARGE = struct.pack(">HBHHB", 17, 8, 40000, 40000, 3)


def picture_file(folder: Path, name: str = "cover.jpg", size: str = "320x180") -> Path:
    path = folder / name
    ffmpeg("-f", "lavfi", "-i", f"testsrc=size={size}", "-frames:v", 1, "-update", 1, path)
    return path


def song(folder: Path, name: str, picture: Path, kind: str = "image/jpeg") -> bytes:
    """A song with `picture` attached."""
    path = folder / name
    if path.suffix == ".mkv":
        attached = ("-attach", picture, "-metadata:s:t", f"mimetype={kind}")
        ffmpeg(*sound(1.0), *attached, "-metadata:s:t", "filename=cover.jpg", path)
    elif path.suffix == ".ogg":
        ffmpeg(*sound(1.0), "-c:a", "libvorbis", path)
        block = Picture()
        block.data, block.type, block.mime = picture.read_bytes(), PictureType.COVER_FRONT, kind
        file = OggVorbis(path)
        file["metadata_block_picture"] = [base64.b64encode(block.write()).decode()]
        file.save()
    else:
        maps = ("-map", 0, "-map", 1, "-c:v", "copy", "-disposition:v", "attached_pic")
        ffmpeg(*sound(1.0), "-i", picture, *maps, path)
    return path.read_bytes()


def cover_of(mp3: Mp3, folder: Path) -> Any:
    found = ID3(mp3.save(folder)).getall("APIC")
    assert len(found) <= 1
    return found[0] if found else None


def pixels(picture: bytes) -> NDArray[np.int16]:
    """What is in a picture file, (height, width, 3)."""
    with av.open(io.BytesIO(picture), "r") as container:
        frame = next(container.decode(video=0))
        return frame.to_ndarray(format="rgb24").astype(np.int16)


def shown(mp3: Mp3, folder: Path) -> NDArray[np.int16]:
    """The cover, decoded; it is what a cover may be."""
    cover = cover_of(mp3, folder)
    assert (cover.mime, cover.type, cover.desc) == ("image/jpeg", PictureType.COVER_FRONT, "")
    assert cover.data.startswith(b"\xff\xd8\xff")
    assert len(cover.data) <= 500_000
    return pixels(cover.data)


def size(picture: NDArray[np.int16]) -> tuple[int, int]:
    """Its width and height."""
    height, width, _ = picture.shape
    return width, height


@pytest.mark.parametrize("name", SONGS)
def test_the_sources_picture_is_the_cover(box: Box, tmp_path: Path, name: str) -> None:
    """Byte for byte, wherever the container has it; on wish smaller, square, or left out."""
    picture = picture_file(tmp_path)
    source = song(tmp_path, name, picture)
    mp3 = convert(box, source)
    cover = cover_of(mp3, tmp_path)
    assert cover
    assert (cover.mime, cover.type, cover.desc) == ("image/jpeg", PictureType.COVER_FRONT, "")
    assert cover.data == picture.read_bytes()
    assert [stream["codec_name"] for stream in mp3.probe(tmp_path)["streams"]] == ["mp3", "mjpeg"]
    assert convert(box, source, cover=Cover.ATTACHED).data == mp3.data
    square = convert(box, source, cover_square=True)
    assert size(shown(square, tmp_path)) == (180, 180)
    none = convert(box, source, cover=Cover.NONE)
    assert not cover_of(none, tmp_path)
    notes = [note for made in (none, square, mp3) for note in made.facts.notes]
    assert not [note for note in notes if "picture" in note or "cover" in note]


def test_a_large_picture_is_scaled_on_wish_only(box: Box, tmp_path: Path) -> None:
    """By default it is left out, with a note; asked for, it is a JPEG that is small enough."""
    picture = picture_file(tmp_path, "large.png", "3000x1500")
    source = song(tmp_path, "song.flac", picture)
    usual = convert(box, source)
    assert not cover_of(usual, tmp_path)
    assert usual.facts.notes == (
        "The source's picture is too large for a cover; cover=attached makes it smaller.",
    )
    asked = convert(box, source, cover=Cover.ATTACHED)
    assert size(shown(asked, tmp_path)) == (1400, 700)
    assert asked.facts.notes == ()


@pytest.mark.parametrize(
    ("content", "default"),
    [
        (b"\xff\xd8\xff\xc0" + TOO_LARGE + bytes(200), False),
        (b"\xff\xd8\xff\xc0" + TOO_LARGE.replace(b"\x9c\x40", b"\x01\x00") + bytes(200), True),
        (b"GIF89a" + bytes(200), False),
        (b"\xff\xd8\xff" + bytes(200), False),
        (bytes(200), False),
    ],
    ids=["huge", "no content", "gif", "no header", "nothing"],
)
def test_a_bad_picture_harms_nothing(
    box: Box, tmp_path: Path, content: bytes, default: bool
) -> None:
    """No picture is decoded unless asked for; one that cannot be is left out, which is noted."""
    picture = picture_file(tmp_path)
    source = song(tmp_path, "song.mp3", picture)
    data = picture.read_bytes()
    broken = source.replace(data, content.ljust(len(data), b"\0"))
    assert broken != source
    usual = convert(box, broken)
    assert bool(cover_of(usual, tmp_path)) == default
    asked = convert(box, broken, cover=Cover.ATTACHED, cover_square=True)
    if not default:
        assert not cover_of(asked, tmp_path)
        assert "No cover:" in [note[:9] for note in asked.facts.notes]
    assert asked.facts.mp3 == usual.facts.mp3


@pytest.mark.parametrize("options", [{}, {"normalize": -20.0}, {"split_chapters": True}])
def test_a_picture_that_crashes_its_decoder(tmp_path: Path, options: dict[str, Any]) -> None:
    """The MP3 is the one without a cover, at the first attempt, and a note says why."""
    source = song(tmp_path, "song.flac", picture_file(tmp_path, "large.png", "3000x1500"))
    engine = "tests.integration.converter_engine.misbehaving:crash_in_the_picture_decoder"
    with Box(BoxLimits(), Cores(1), engine=engine) as box:
        mp3 = convert(box, source, cover=Cover.ATTACHED, **options)
        without = convert(box, source, cover=Cover.NONE, **options)
    assert mp3.data == without.data
    assert mp3.facts.notes == ("No cover: its picture could not be read.",)
    assert mp3.facts.mp3 == without.facts.mp3


def film(folder: Path, *filters: str, name: str = "film.mp4", video: Any = H264) -> Path:
    """Six seconds, of which all but the fourth and fifth are black."""
    path = folder / name
    black = "drawbox=t=fill:c=black:enable='lt(t,3)+gte(t,5)'"
    drawn = ("-vf", ",".join((black, *filters)), "-g", 5, "-t", 6)
    ffmpeg(*PICTURE, *sound(6.0), *drawn, *video, path)
    return path


@pytest.mark.parametrize(
    ("name", "video"),
    [
        ("film.mp4", H264),
        ("film.mkv", ("-c:v", "libvpx", "-deadline", "realtime")),
        ("film.avi", ("-c:v", "mpeg4")),
        ("film.ts", ("-c:v", "mpeg2video", "-r", 25)),
    ],
)
def test_a_good_frame_is_not_black(box: Box, tmp_path: Path, name: str, video: Any) -> None:
    """The cover shows something, though most of the film does not; at a second, what is there."""
    source = film(tmp_path, name=name, video=video).read_bytes()
    good = convert(box, source, cover=Cover.FRAME)
    assert shown(good, tmp_path).std() > 40
    assert size(shown(good, tmp_path)) == (160, 120)
    bright = convert(box, source, cover=4.0, cover_square=True)
    assert size(shown(bright, tmp_path)) == (120, 120)
    assert shown(bright, tmp_path).std() > 40
    dark = convert(box, source, cover=1.0)
    assert shown(dark, tmp_path).std() < 5
    assert good.facts.mp3 == dark.facts.mp3


TIMED = {
    "film.mp4": H264,
    "fragments.mp4": (*H264, "-movflags", "+frag_keyframe+empty_moov"),
    "film.mkv": H264,
    "live.webm": ("-c:v", "libvpx", "-deadline", "realtime", "-live", 1),
    "film.flv": ("-c:v", "flv"),
    "film.avi": ("-c:v", "mpeg4"),
    "film.mpg": ("-c:v", "mpeg2video", "-r", 25),
    "film.ts": H264,
    "rarely.ts": H264,
}


@pytest.mark.parametrize("name", TIMED)
def test_the_frame_is_that_of_the_second(box: Box, tmp_path: Path, name: str) -> None:
    """At the start, amid and at the very end of a film; whether seeking is exact or a guess.

    Each of its three seconds is of another grey. Behind the end there is no cover, which is noted.
    """
    path = tmp_path / name
    greys = "geq=lum='60+60*floor(T)':cb=128:cr=128"
    film = ("-f", "lavfi", "-i", f"color=size=64x64:rate=10:d=3,{greys}")
    keyframes = 250 if name == "rarely.ts" else 5
    rate = 48000 if name == "live.webm" else 44100
    ffmpeg(*film, *sound(3.0, rate), *TIMED[name], "-g", keyframes, "-t", 3, path)
    source = path.read_bytes()
    for second in (0.0, 0.8, 1.5, 2.9):
        grey = shown(convert(box, source, cover=second), tmp_path).mean()
        expected = 255 / 219 * (60 + 60 * int(second) - 16)  # from video's range of luma to all
        assert grey == pytest.approx(expected, abs=12), second
    late = convert(box, source, cover=1000.0)
    assert not cover_of(late, tmp_path)
    assert "No cover: the video ends before that second." in late.facts.notes


def test_a_still_picture_stays(box: Box, tmp_path: Path) -> None:
    """A film of one frame shows it up to the end of its sound."""
    path = tmp_path / "still.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=160x120:rate=1:d=1", *sound(40.0), *H264, path)
    source = path.read_bytes()
    assert size(shown(convert(box, source, cover=39.0), tmp_path)) == (160, 120)


def test_pixels_and_rotation_are_respected(box: Box, tmp_path: Path) -> None:
    """The cover is upright and in its true shape, as a player shows the film."""
    wide = film(tmp_path, "setsar=2", name="wide.mp4")
    assert size(shown(convert(box, wide.read_bytes(), cover=4.0), tmp_path)) == (320, 120)
    turned = tmp_path / "turned.mp4"
    ffmpeg("-i", film(tmp_path), "-c", "copy", "-metadata:s:v", "rotate=90", turned)
    expected = tmp_path / "expected.png"
    ffmpeg("-ss", 4, "-i", turned, "-frames:v", 1, expected)
    image = shown(convert(box, turned.read_bytes(), cover=4.0), tmp_path)
    player = pixels(expected.read_bytes())
    assert size(image) == size(player) == (120, 160)
    assert np.abs(image - player).mean() < 10


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ({"cover": Cover.FRAME}, "no frame of the video shows more than an even area"),
        ({"cover": 60.0}, "the video ends before that second"),
        ({"cover": Cover.ATTACHED}, "the source has no picture"),
    ],
)
def test_what_cannot_be_a_cover_is_noted(
    box: Box, tmp_path: Path, options: dict[str, Any], note: str
) -> None:
    """The conversion succeeds without it."""
    path = tmp_path / "black.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=black:size=64x64", *sound(1.0), "-t", 1, *H264, path)
    mp3 = convert(box, path.read_bytes(), **options)
    assert not cover_of(mp3, tmp_path)
    assert [note in told for told in mp3.facts.notes] == [True]
