"""What a conversion tells of the source, of the MP3, and of what its owner should know."""

from pathlib import Path
from typing import Any

import pytest

from chassis.errors import Permanent
from converter.box import Box
from tests.integration.converter_engine.ebur128 import judged
from tests.integration.converter_engine.media import PICTURE, convert, ffmpeg, sound

CBR_320: dict[str, Any] = {"quality": None, "bitrate": 320}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of a tone in Matroska, whose sound has 96 kbit/s."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    ffmpeg(*PICTURE, *sound(12.0), "-t", 12, "-c:a", "libmp3lame", "-b:a", "96k", path)
    return path


def test_source_and_mp3(box: Box, tmp_path: Path) -> None:
    """Bitrate, mode and loudness are those that others find."""
    film = tmp_path / "film.mp4"
    noise = ("-f", "lavfi", "-i", "anoisesrc=c=pink:r=44100:a=0.3:seed=3:d=12", "-ac", 2)
    ffmpeg(*noise, "-c:a", "aac", "-b:a", "96k", film)
    mp3 = convert(box, film.read_bytes(), **CBR_320)
    source, made = mp3.facts.source, mp3.facts.mp3
    assert (source.container, source.codec, source.channels) == ("mp4", "aac", 2)
    assert source.bitrate == pytest.approx(96_000, rel=0.1)
    assert made.mode == "CBR 320"
    before, after = judged(film), judged(mp3.save(tmp_path))
    assert source.loudness is not None
    assert made.loudness is not None
    assert source.loudness.integrated == pytest.approx(before.integrated, abs=0.1)
    assert made.loudness.integrated == pytest.approx(after.integrated, abs=0.1)
    assert made.loudness.true_peak == pytest.approx(after.true_peak, abs=0.3)
    kbit = round((source.bitrate or 0) / 1000)
    note = f"The source has {kbit} kbit/s: 320k only makes it larger."
    assert mp3.facts.notes == (note,)


def test_lames_own_gain_is_part_of_the_loudness(box: Box, tmp_path: Path, film: Path) -> None:
    """At lower bitrates LAME makes the sound quieter, and the receipt says so."""
    mp3 = convert(box, film.read_bytes(), "film.mkv", quality=None, bitrate=128, channels=1)
    made = mp3.facts.mp3
    assert made.mode == "CBR 128"
    assert made.loudness is not None
    found = judged(mp3.save(tmp_path))
    assert made.loudness.integrated == pytest.approx(found.integrated, abs=0.1)
    assert mp3.facts.notes == ()


def test_copied_sound(box: Box, film: Path) -> None:
    """It is said that nothing was lost; what was not decoded was not measured."""
    mp3 = convert(box, film.read_bytes(), "film.mkv")
    assert mp3.facts.mp3.mode == "copied"
    assert mp3.facts.source.loudness is None
    assert mp3.facts.mp3.loudness is None
    assert mp3.facts.notes == ("The source's sound was copied: nothing was lost.",)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"quality": 9}, "0:12 were converted."),
        ({}, "0:12 were converted."),
        ({"normalize": -20.0}, "0:12 were converted."),
    ],
    ids=["encoded", "copied", "normalized"],
)
def test_what_is_there_of_a_cut_file(
    box: Box, tmp_path: Path, film: Path, options: dict[str, Any], said: str
) -> None:
    """It is converted where that was accepted, with a note that tells how much it is."""
    whole = film.read_bytes()
    cut = whole[: len(whole) * 2 // 3]
    with pytest.raises(Permanent) as refused:
        convert(box, cut, "film.mkv", **options)
    assert refused.value.code == "truncated"
    mp3 = convert(box, cut, "film.mkv", accept_truncated=True, **options)
    assert 6 < mp3.facts.mp3.duration < 10
    assert len(mp3.samples(tmp_path)) / mp3.facts.mp3.sample_rate < 10
    note = mp3.facts.notes[-1]
    assert note.startswith("The end of the file is missing: 0:0")
    assert note.endswith(f" of {said}")


def test_a_whole_file_has_no_such_note(box: Box, film: Path) -> None:
    """To accept a missing end changes nothing where none is missing."""
    plain = convert(box, film.read_bytes(), "film.mkv", quality=9)
    accepted = convert(box, film.read_bytes(), "film.mkv", quality=9, accept_truncated=True)
    assert accepted.data == plain.data
    assert accepted.facts.notes == ()


@pytest.mark.parametrize("data", [bytes(100_000), b"no media at all" * 100])
def test_what_is_no_media_stays_refused(box: Box, data: bytes) -> None:
    """Only a missing end is accepted."""
    with pytest.raises(Permanent) as refused:
        convert(box, data, "film.mkv", accept_truncated=True)
    assert refused.value.code == "not_media"
