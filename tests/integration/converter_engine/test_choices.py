"""What an owner asks of the sound: which track, which part, how many channels, which rate."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.errors import Permanent
from converter.box import Box
from tests.integration.converter_engine.media import (
    PICTURE,
    convert,
    decoded,
    ffmpeg,
    loudest_frequency,
    sound,
)

RATE = 44100
SECONDS = 6.0
VOICE: dict[str, Any] = {"quality": 6, "channels": 1, "sample_rate": 24000, "lowpass": 9000}


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound that is nowhere like elsewhere."""
    path = tmp_path_factory.mktemp("noise") / "noise.flac"
    ffmpeg(
        "-f", "lavfi", "-i", f"anoisesrc=d={SECONDS}:c=white:r={RATE}:seed=5:a=0.3", "-ac", 2, path
    )
    return path


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with three audio tracks: English, German, and one in no language, each its tone."""
    path = tmp_path_factory.mktemp("tracks") / "tracks.mkv"
    tones = [
        part for frequency in (300.0, 500.0, 700.0) for part in sound(3.0, frequency=frequency)
    ]
    languages = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger")
    maps = [part for number in range(4) for part in ("-map", number)]
    ffmpeg(*PICTURE, *tones, "-t", 3, *maps, *languages, "-c:a", "aac", path)
    return path


@pytest.mark.parametrize(
    ("wanted", "frequency"),
    [
        (None, 300),
        (1, 300),
        (2, 500),
        (3, 700),
        ("de", 500),
        ("deu", 500),
        ("ger", 500),
        ("en", 300),
    ],
)
def test_a_track_by_number_or_language(
    box: Box, tmp_path: Path, tracks: Path, wanted: int | str | None, frequency: int
) -> None:
    """A language is found by any of its codes; without a wish it is the first track."""
    mp3 = convert(box, tracks.read_bytes(), audio_track=wanted)
    found = loudest_frequency(mp3.samples(tmp_path)[:, 0], mp3.facts.mp3.sample_rate)
    assert found == pytest.approx(frequency, abs=2)


@pytest.mark.parametrize("wanted", [4, "fr", "d", "enm"])
def test_a_track_that_is_not_there(box: Box, tracks: Path, wanted: int | str) -> None:
    """It is refused with a sentence that tells which there are."""
    with pytest.raises(Permanent, match=r"there is 1 \(eng\), 2 \(ger\), 3\.$") as refused:
        convert(box, tracks.read_bytes(), audio_track=wanted)
    assert refused.value.code == "no_such_track"


def test_a_language_that_is_not_told_is_not_listed(box: Box, tmp_path: Path) -> None:
    """MP4 has a code for it, which says nothing to a person."""
    path = tmp_path / "film.mp4"
    ffmpeg(*PICTURE, *sound(1.0), "-t", 1, path)
    with pytest.raises(Permanent, match=r"no audio track 2; there is 1\.$"):
        convert(box, path.read_bytes(), audio_track=2)


@pytest.mark.parametrize(("channels", "rate"), [(1, None), (2, 32000), (1, 8000), (None, 22050)])
def test_channels_and_sample_rate(
    box: Box, tmp_path: Path, noise: Path, channels: int | None, rate: int | None
) -> None:
    """The MP3 has those that were asked for, and the same length to the sample."""
    mp3 = convert(box, noise.read_bytes(), channels=channels, sample_rate=rate)
    stream = mp3.probe(tmp_path)["streams"][0]
    assert stream["channels"] == mp3.facts.mp3.channels == (channels or 2)
    assert int(stream["sample_rate"]) == mp3.facts.mp3.sample_rate == (rate or RATE)
    assert len(mp3.samples(tmp_path)) == pytest.approx(SECONDS * (rate or RATE), abs=1)


def test_a_voice_is_small(box: Box, tmp_path: Path, noise: Path) -> None:
    """The preset leaves out what no voice has, and takes a third of the usual size or less."""
    usual = convert(box, noise.read_bytes())
    mp3 = convert(box, noise.read_bytes(), **VOICE)
    assert len(mp3.data) < len(usual.data) / 3
    samples = mp3.samples(tmp_path)
    spectrum = np.abs(np.fft.rfft(samples[:, 0])) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / 24000)
    heard = spectrum[(frequencies > 500) & (frequencies < 8000)].mean()
    assert spectrum[frequencies > 10500].mean() < heard / 1000


@pytest.mark.parametrize("bitrate", [32, 40, 48, 56])
def test_low_bitrates(box: Box, tmp_path: Path, noise: Path, bitrate: int) -> None:
    """The lowest bitrates are what they say, and of the exact length."""
    mp3 = convert(box, noise.read_bytes(), bitrate=bitrate, quality=None)
    assert mp3.facts.mp3.bitrate == pytest.approx(1000 * bitrate, rel=0.03)
    assert len(mp3.samples(tmp_path)) == SECONDS * RATE


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.floats(0, SECONDS - 0.05), st.one_of(st.none(), st.floats(0.0, SECONDS)))
def test_a_cut_is_exact_to_the_sample(
    box: Box, tmp_path: Path, noise: Path, start: float, length: float | None
) -> None:
    """Any part of the sound comes out with its exact length, at its exact place."""
    original = decoded(noise, 2)
    end = None if length is None else start + length + 1 / RATE
    mp3 = convert(box, noise.read_bytes(), bitrate=320, quality=None, start=start, end=end)
    first, stop = round(start * RATE), len(original) if end is None else round(end * RATE)
    expected = original[first:stop]
    samples = mp3.samples(tmp_path)
    assert len(samples) == len(expected)
    if len(expected) > 2304:  # in shorter ones the encoder's own noise is too much
        middle = samples[1152:-1152, 0]
        likeness = [
            float(np.dot(middle, expected[1152 + shift : len(expected) - 1152 + shift, 0]))
            for shift in (-2, -1, 0, 1, 2)
        ]
        assert likeness[2] > 2 * max(abs(other) for other in likeness[:2] + likeness[3:])


def test_a_part_of_a_film_is_all_that_is_read(box: Box, tmp_path: Path) -> None:
    """A cut at the start does not wait for the rest: a file that is cut off behind it is enough."""
    film = tmp_path / "film.mkv"
    ffmpeg(*PICTURE, *sound(20.0), "-t", 20, "-c:a", "aac", film)
    half = film.read_bytes()[: film.stat().st_size // 2]
    with pytest.raises(Permanent) as refused:
        convert(box, half)
    assert refused.value.code == "truncated"
    mp3 = convert(box, half, start=1.0, end=3.0)
    assert len(mp3.samples(tmp_path)) == 2 * RATE
    assert mp3.facts.mp3.duration == 2.0


def test_a_cut_behind_the_end(box: Box, noise: Path) -> None:
    """There is nothing to convert, and the sentence says how long the sound is."""
    with pytest.raises(Permanent, match="ends at 0:06") as refused:
        convert(box, noise.read_bytes(), start=7.0)
    assert refused.value.code == "nothing_there"


def test_a_cut_of_less_than_a_sample(box: Box, noise: Path) -> None:
    """It is refused for what it is, not for the length of the sound."""
    with pytest.raises(Permanent, match="not a single sample") as refused:
        convert(box, noise.read_bytes(), start=1.0, end=1.0 + 1e-7)
    assert refused.value.code == "nothing_there"


def test_an_end_behind_the_end(box: Box, tmp_path: Path, noise: Path) -> None:
    """All that is there is taken."""
    mp3 = convert(box, noise.read_bytes(), start=5.0, end=604_800.0)
    assert len(mp3.samples(tmp_path)) == RATE


def test_a_part_of_an_mp3_is_exact(box: Box, tmp_path: Path, noise: Path) -> None:
    """An MP3 that is cut is encoded anew, so that it starts and ends where it was asked to."""
    source = tmp_path / "source.mp3"
    ffmpeg("-i", noise, "-b:a", "192k", source)
    mp3 = convert(box, source.read_bytes(), "a.mp3", bitrate=192, quality=None, start=1.5, end=2.0)
    assert len(mp3.samples(tmp_path)) == RATE // 2
