"""Sources whose sound is MP3 already: copied where they fit, encoded where they do not."""

from pathlib import Path

import numpy as np
import pytest
from mutagen.id3 import ID3

from chassis.errors import Permanent
from converter.box import Box
from converter.frames import parse_header, split_frames
from converter.xing import is_tag_frame, read_gaps
from tests.integration.converter_engine.media import (
    PICTURE,
    Mp3,
    convert,
    decoded,
    ffmpeg,
    mp3_info,
    sound,
)

LAME = ("-c:a", "libmp3lame")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def frames_of(data: bytes) -> list[bytes]:
    """The frames behind an ID3 tag, or from the start, up to an old one at the end."""
    start = 0
    if data.startswith(b"ID3"):
        start = 10 + sum(byte << 7 * (3 - number) for number, byte in enumerate(data[6:10]))
    end = len(data) - 128 if data[-128:].startswith(b"TAG") else len(data)
    frames, rest = split_frames(data[start:end])
    assert not rest
    return frames


def song(folder: Path, *options: str, seconds: float = 3.0, rate: int = 44100) -> Path:
    """An MP3 made by ffmpeg."""
    path = folder / "song.mp3"
    ffmpeg(*sound(seconds, rate), *LAME, *options, "-metadata", "title=Song", path)
    return path


@pytest.mark.parametrize("rate", [44100, 48000, 24000, 8000])
@pytest.mark.parametrize("options", [("-b:a", "64k"), ("-q:a", "6")])
def test_the_frames_are_copied(
    box: Box, tmp_path: Path, rate: int, options: tuple[str, str]
) -> None:
    """Every frame of the source is in the MP3, and decodes to the same samples, gapless."""
    source = song(tmp_path, *options, rate=rate)
    mp3 = convert(box, source.read_bytes(), bitrate=128, quality=None)
    ours, theirs = frames_of(mp3.data), frames_of(source.read_bytes())
    assert ours[1:] == theirs[1:]
    assert read_gaps(ours[0]) == read_gaps(theirs[0])
    original = decoded(source, 2)
    assert original.shape == (3 * rate, 2)
    assert np.array_equal(mp3.samples(tmp_path), original)
    assert mp3.facts.mp3.duration == 3.0
    assert mp3.facts.source.codec == "mp3"
    assert mp3_info(tmp_path / "result.mp3").length == pytest.approx(3.0, abs=0.001)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "avi", "flv", "ts", "nut"])
def test_films_with_mp3(box: Box, tmp_path: Path, suffix: str) -> None:
    """From a film, exactly the sound comes that a player would play."""
    film = tmp_path / f"film.{suffix}"
    ffmpeg(*PICTURE, *sound(3.0), "-t", "3", *H264, *LAME, "-b:a", "128k", film)
    mp3 = convert(box, film.read_bytes(), bitrate=128, quality=None)
    samples = mp3.samples(tmp_path)
    assert np.array_equal(samples, decoded(film, 2))
    assert mp3.facts.mp3.duration == pytest.approx(len(samples) / 44100, abs=1e-6)


@pytest.mark.parametrize(
    ("source_options", "options", "copied"),
    [
        (("-b:a", "192k"), {}, True),
        (("-b:a", "320k"), {}, False),
        (("-q:a", "2"), {"quality": 0}, True),
        (("-b:a", "128k"), {"quality": 9}, False),
        (("-b:a", "128k"), {"bitrate": 128, "quality": None}, True),
        (("-b:a", "128k"), {"bitrate": 320, "quality": None}, True),
        (("-b:a", "128k"), {"bitrate": 96, "quality": None}, False),
    ],
)
def test_what_fits_is_copied(
    box: Box,
    tmp_path: Path,
    source_options: tuple[str, str],
    options: dict[str, int | None],
    copied: bool,
) -> None:
    """Never more bits than were asked for, and no second encoding where that is so anyway."""
    source = song(tmp_path, *source_options)
    mp3 = convert(box, source.read_bytes(), "song.mp3", **options)
    assert (frames_of(mp3.data)[1:] == frames_of(source.read_bytes())[1:]) is copied
    if options.get("bitrate") and not copied:
        assert mp3_info(mp3.save(tmp_path)).bitrate == pytest.approx(96_000, abs=1)


def test_a_short_one_is_encoded(box: Box, tmp_path: Path) -> None:
    """An MP3 of a few frames is made anew, so that players know it for what it is."""
    source = song(tmp_path, "-b:a", "64k", seconds=0.05)
    mp3 = convert(box, source.read_bytes())
    assert len(mp3.samples(tmp_path)) == 0.05 * 44100


def test_tags_are_ours(box: Box, tmp_path: Path) -> None:
    """Nothing of the source's own tags comes along but what ours are made of, and once."""
    source = song(tmp_path, "-b:a", "128k", "-metadata", "composer=secret", "-write_id3v1", "1")
    mp3 = convert(box, source.read_bytes())
    assert b"secret" not in mp3.data
    assert sorted(ID3(mp3.save(tmp_path))) == ["TIT2"]
    assert mp3.data[-128:].startswith(b"TAG" + b"Song".ljust(30, b"\0"))
    assert mp3.data.count(b"TAG") == 1


def test_an_old_tag_is_no_sound(box: Box, tmp_path: Path) -> None:
    """The Xing frame in the middle of two MP3s that were joined is left out."""
    data = frames_of(song(tmp_path, "-b:a", "128k").read_bytes())
    assert is_tag_frame(data[0])
    joined = frames_of(convert(box, b"".join(data + data)).data)
    assert joined[1:] == data[1:] + data[1:]


def test_damaged_frames_are_left_out(box: Box, tmp_path: Path) -> None:
    """A hole in the file costs the frames in it; all others are copied."""
    frames = frames_of(song(tmp_path, "-b:a", "128k", seconds=10).read_bytes())
    holed = b"".join(frames[:100]) + bytes(5000) + b"".join(frames[112:])
    mp3: Mp3 = convert(box, holed)
    copied = frames_of(mp3.data)[1:]
    assert all(parse_header(frame) for frame in copied)
    assert set(frames[1:99]) | set(frames[113:]) <= set(copied)
    assert len(copied) < len(frames)


def test_one_that_is_cut_is_refused(box: Box, tmp_path: Path) -> None:
    """An MP3 that ends in the middle, by its own tag, is no MP3 to deliver."""
    data = song(tmp_path, "-b:a", "128k", seconds=10).read_bytes()
    with pytest.raises(Permanent) as caught:
        convert(box, data[: len(data) // 2])
    assert caught.value.code == "truncated"
