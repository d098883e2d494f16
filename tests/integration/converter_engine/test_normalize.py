"""`normalize`: the decoded MP3 has the loudness that was asked for, judged by ffmpeg's meter."""

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chassis.options import ConversionOptions
from converter.box import Box
from tests.integration.converter_engine.ebur128 import judged
from tests.integration.converter_engine.media import MemorySink, MemorySource, Mp3, convert, ffmpeg

RATE = 44100
CBR_128: dict[str, Any] = {"quality": None, "bitrate": 128}
SMALL: dict[str, Any] = {"quality": 9}


def coloured(seconds: float, slope: float, seed: int = 1, channels: int = 2) -> NDArray[np.float64]:
    """Noise whose amplitude falls with the frequency's power of `slope`; 1 on average."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(random.standard_normal((channels, count)))
    spectrum /= np.maximum(np.fft.rfftfreq(count, 1 / RATE), 60) ** slope
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(noise / noise.std())


def speech(seconds: float = 6.0) -> NDArray[np.float64]:
    """As speech: a voice's harmonics in two formants, in syllables, with pauses."""
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 120 * time + 3 * np.sin(2 * np.pi * 0.7 * time)
    voice = sum(
        np.sin(2 * np.pi * number * pitch)
        / number
        * (1 + 4 * np.exp(-(((120 * number - 500) / 150) ** 2)))
        * (1 + 3 * np.exp(-(((120 * number - 1500) / 200) ** 2)))
        for number in range(1, 40)
    )
    syllables = np.clip(np.sin(2 * np.pi * 4 * time), 0, None) ** 0.5
    talking = (time % 3) < 2.2
    sound = np.asarray(voice * syllables * talking)
    return np.stack([sound, sound])


def music(seconds: float = 6.0) -> NDArray[np.float64]:
    """As music: a chord, drums, and what fills the room."""
    time = np.arange(round(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * tone * time) for tone in (110, 220, 277.18, 329.63))
    beat = np.exp(-(time % 0.5) * 14)
    drums, room = coloured(seconds, 0.5) * beat, coloured(seconds, 1.0, 2)
    return np.asarray(0.3 * np.asarray(chord) + drums + 0.2 * room)


def at_peak(sound: NDArray[np.float64], peak: float) -> NDArray[np.float64]:
    return np.asarray(sound / np.abs(sound).max() * peak)


def flac(sound: NDArray[np.float64], folder: Path) -> bytes:
    """A file of 24 bits, so that what is very quiet is exact."""
    raw, path = folder / "sound.raw", folder / "sound.flac"
    raw.write_bytes(sound.T.astype("<f4").tobytes())
    form = ("-f", "f32le", "-ar", RATE, "-ac", len(sound))
    ffmpeg(*form, "-i", raw, "-sample_fmt", "s32", path)
    return path.read_bytes()


def normalized(
    box: Box, folder: Path, sound: NDArray[np.float64], target: float = -14.0, **options: Any
) -> Mp3:
    return convert(box, flac(sound, folder), "a.flac", normalize=target, **options)


@pytest.mark.parametrize("options", [{}, CBR_128, SMALL, {"channels": 1}])
@pytest.mark.parametrize(
    ("sound", "target"),
    [
        (at_peak(speech(), 0.3), -23.0),
        (at_peak(music(), 0.5), -20.0),
        (at_peak(coloured(5, 1.0), 0.003), -20.0),
        (np.clip(coloured(5, 1.0), -0.99, 0.99), -14.0),
        (at_peak(coloured(5, 1.0, channels=1), 0.9), -22.0),
    ],
    ids=["speech", "music", "very quiet", "very loud", "mono"],
)
def test_loudness_is_reached(
    box: Box, tmp_path: Path, sound: NDArray[np.float64], target: float, options: dict[str, Any]
) -> None:
    """Within 0.5 LU and under -1 dBTP, and the receipt says the same."""
    mp3 = normalized(box, tmp_path, sound, target, **options)
    found = judged(mp3.save(tmp_path))
    told = mp3.facts.mp3.loudness
    assert told is not None
    assert found.integrated == pytest.approx(target, abs=0.5)
    assert told.integrated == pytest.approx(found.integrated, abs=0.5)
    assert found.true_peak <= -1.0


@pytest.mark.parametrize("options", [{}, CBR_128, SMALL])
@pytest.mark.parametrize(
    "sound",
    [at_peak(speech(), 0.9), at_peak(music(), 0.2), at_peak(coloured(5, 0.7), 0.1)],
    ids=["speech", "music", "noise"],
)
def test_the_peak_is_the_limit(
    box: Box, tmp_path: Path, sound: NDArray[np.float64], options: dict[str, Any]
) -> None:
    """Where the target is out of reach, the gain ends where the decoded peak is at its limit."""
    mp3 = normalized(box, tmp_path, sound, -5.0, **options)
    told = mp3.facts.mp3.loudness
    assert told is not None
    assert told.integrated is not None
    assert told.integrated < -5.5
    assert -5.0 < judged(mp3.save(tmp_path)).true_peak <= -1.0


def test_an_mp3_that_came_out_too_loud_is_made_anew(box: Box, tmp_path: Path) -> None:
    """Clipped bursts go beyond what they were when they are encoded; less gain is found then."""
    sound = 0.01 * coloured(20, 1.0)
    for start in range(RATE, sound.shape[1] - RATE, 5 * RATE):
        sound[:, start : start + 4000] = np.sign(coloured(1, 0.5)[:, :4000]) * 0.5
    mp3 = normalized(box, tmp_path, sound, -14.0, quality=7)
    told = mp3.facts.mp3.loudness
    assert told is not None
    assert told.true_peak is not None
    assert told.true_peak < -1.7  # so it had to begin anew
    assert judged(mp3.save(tmp_path)).true_peak <= -1.0
    assert len(mp3.samples(tmp_path)) == sound.shape[1]
    assert mp3.progress == sorted(mp3.progress)


def test_silence_stays_silence(box: Box, tmp_path: Path) -> None:
    """Nothing is made of nothing."""
    mp3 = normalized(box, tmp_path, np.zeros((2, 3 * RATE)))
    assert not mp3.samples(tmp_path).any()


@pytest.mark.parametrize("seconds", [0.3, 10.0])
def test_a_single_click(box: Box, tmp_path: Path, seconds: float) -> None:
    """It stays under the limit, and one too short to have a loudness is not made louder."""
    sound = np.zeros((2, round(seconds * RATE)))
    sound[:, sound.shape[1] // 2] = 0.25
    mp3 = normalized(box, tmp_path, sound)
    greatest = float(np.abs(mp3.samples(tmp_path)).max())
    assert greatest < 0.892
    assert (greatest > 0.3) == (seconds > 1)


def test_dynamics_stay(box: Box, tmp_path: Path) -> None:
    """It is the same sound with one gain from its start to its end."""
    sound = at_peak(music(6), 0.1) * np.linspace(0.05, 1, 6 * RATE)
    plain = convert(box, flac(sound, tmp_path), "a.flac", bitrate=320, quality=None)
    before = plain.samples(tmp_path)
    after = normalized(box, tmp_path, sound, -20.0, bitrate=320, quality=None).samples(tmp_path)
    gain = float(np.vdot(before, after) / np.vdot(before, before))
    parts = zip(np.array_split(before, 6), np.array_split(after, 6), strict=True)
    for first, second in parts:
        assert float(np.vdot(first, second) / np.vdot(first, first)) == pytest.approx(
            gain, rel=0.01
        )
    assert float(np.linalg.norm(after - gain * before)) < 0.1 * float(np.linalg.norm(after))


def test_only_the_part_that_was_asked_for_counts(box: Box, tmp_path: Path) -> None:
    """What is cut off is not measured."""
    sound = np.concatenate([at_peak(music(5), 0.9), at_peak(music(5), 0.05)], axis=1)
    mp3 = normalized(box, tmp_path, sound, -25.0, start=5.0)
    assert judged(mp3.save(tmp_path)).integrated == pytest.approx(-25.0, abs=0.5)


def test_an_mp3_is_not_copied_but_made_as_loud_as_asked(box: Box, tmp_path: Path) -> None:
    """A copy would be as loud as it was."""
    path = tmp_path / "source.mp3"
    (tmp_path / "sound.flac").write_bytes(flac(at_peak(music(5), 0.5), tmp_path))
    ffmpeg("-i", tmp_path / "sound.flac", "-b:a", "128k", path)
    mp3 = convert(box, path.read_bytes(), "a.mp3", normalize=-22.0)
    assert mp3.facts.mp3.mode == "VBR V2"
    assert judged(mp3.save(tmp_path)).integrated == pytest.approx(-22.0, abs=0.5)


def test_a_source_is_read_twice(box: Box, tmp_path: Path) -> None:
    """Once to measure it and once to encode it, and no more often; pieces may be kept between."""
    wav = io.BytesIO()
    with wave.open(wav, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((at_peak(music(60), 0.3)[0] * 32767).astype("<i2").tobytes())
    source = MemorySource(wav.getvalue())
    box.convert(
        source,
        MemorySink(),
        ConversionOptions(normalize=-29.0),
        name="a.wav",
        on_progress=lambda _: None,
        should_stop=lambda: False,
    )
    assert 1.9 * source.size <= source.bytes_read <= 2.2 * source.size
