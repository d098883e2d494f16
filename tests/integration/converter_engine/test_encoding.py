"""The MP3 itself: its bitrate, its exact length, its sound."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mutagen.mp3 import BitrateMode

from converter.box import Box
from converter.encode import write_mp3
from converter.formats import SAMPLE_RATES
from converter.id3 import Id3
from converter.labels import Labels
from converter.lame import Encoder, Encoding, LameError, version
from converter.tags import Tags
from tests.integration.converter_engine.media import (
    MemorySink,
    convert,
    decoded,
    ffmpeg,
    mp3_info,
    sound,
)


@pytest.mark.parametrize("bitrate", [64, 128, 192, 320])
def test_constant_bitrate(box: Box, tmp_path: Path, bitrate: int) -> None:
    """CBR is what was asked for, in the file and in the facts."""
    source = tmp_path / "sound.flac"
    ffmpeg(*sound(10.0), source)
    mp3 = convert(box, source.read_bytes(), bitrate=bitrate, quality=None)
    info = mp3_info(mp3.save(tmp_path))
    assert info.bitrate_mode is BitrateMode.CBR
    assert info.bitrate == pytest.approx(1000 * bitrate, abs=1)
    assert mp3.facts.mp3.bitrate == pytest.approx(1000 * bitrate, rel=0.02)
    assert info.length == pytest.approx(10.0, abs=0.0001)


@pytest.mark.parametrize("quality", range(10))
def test_variable_bitrate(box: Box, tmp_path: Path, quality: int) -> None:
    """VBR is LAME's of that quality, and the facts tell the average."""
    source = tmp_path / "noise.flac"
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=5:c=pink:r=44100:seed=1", "-ac", "2", source)
    mp3 = convert(box, source.read_bytes(), quality=quality)
    info = mp3_info(mp3.save(tmp_path))
    assert info.bitrate_mode is BitrateMode.VBR
    assert f"-V {quality}" in info.encoder_settings
    assert info.encoder_info.startswith(f"LAME {version()}")
    assert mp3.facts.mp3.bitrate == pytest.approx(8 * len(mp3.data) / 5, rel=0.02)


def test_better_quality_is_larger(box: Box, tmp_path: Path) -> None:
    """V0 takes more bytes than V5, and that more than V9."""
    source = tmp_path / "noise.flac"
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=5:c=pink:r=44100:seed=1", "-ac", "2", source)
    sizes = [len(convert(box, source.read_bytes(), quality=q).data) for q in (0, 5, 9)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 1.5 * sizes[2]


def test_the_sound_is_that_of_plain_ffmpeg(box: Box, tmp_path: Path) -> None:
    """At CBR 192 our MP3 is as near to the source as the one that ffmpeg makes, within 0.2 dB."""
    source = tmp_path / "noise.flac"
    noises = [f"anoisesrc=d=8:c=pink:r=44100:seed={seed}" for seed in (2, 3, 4)]
    wide = "[0][1]amerge[wide];[2]asplit,amerge[middle];[wide][middle]amix"
    ffmpeg(*(part for n in noises for part in ("-f", "lavfi", "-i", n)), "-lavfi", wide, source)
    theirs = tmp_path / "theirs.mp3"
    ffmpeg("-i", source, "-c:a", "libmp3lame", "-b:a", "192k", theirs)
    original = decoded(source, 2)
    ours = convert(box, source.read_bytes(), bitrate=192, quality=None).samples(tmp_path)

    def signal_to_noise(copy: np.ndarray) -> float:
        assert copy.shape == original.shape
        return float(10 * np.log10(np.sum(original**2) / np.sum((original - copy) ** 2)))

    assert signal_to_noise(ours) >= signal_to_noise(decoded(theirs, 2)) - 0.2


def test_the_end_is_sound_too(box: Box, tmp_path: Path) -> None:
    """The first and the last millisecond of the source are in the MP3, at their places."""
    source = tmp_path / "clicks.wav"
    ffmpeg("-f", "lavfi", "-i", "aevalsrc='0.5*sin(2*PI*1000*t)':s=44100:d=1.2345", source)
    samples = convert(box, source.read_bytes()).samples(tmp_path)[:, 0]
    original = decoded(source, 1)[:, 0]
    assert len(samples) == len(original)
    for part in (slice(0, 2000), slice(-2000, None)):
        assert np.max(np.abs(samples[part] - original[part])) < 0.1


@example(48000, 2, 2000, 64, 2)  # four frames, and noise that FFmpeg guessed to be raw H.263
@example(8000, 1, 3, None, 2)  # the skipped samples and the padding meet in one frame
@example(44100, 2, 1, 320, 2)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rate=st.sampled_from(SAMPLE_RATES),
    channels=st.sampled_from([1, 2]),
    length=st.one_of(st.integers(1, 8000), st.integers(8000, 60_000)),
    bitrate=st.sampled_from([None, 64, 128, 192, 320]),
    quality=st.integers(0, 9),
)
def test_every_length_is_exact(
    tmp_path: Path,
    rate: int,
    channels: int,
    length: int,
    bitrate: int | None,
    quality: int,
) -> None:
    """Whatever the rate, the options, the length and the pieces: not a sample less, nor more."""
    pieces = 1 + length % 7
    noise = np.random.default_rng(length).standard_normal((channels, length)).astype(np.float32)
    encoding = Encoding(rate, channels, bitrate, None if bitrate else quality)
    sink = MemorySink()
    parts = np.array_split((noise / 10).astype(np.float32), pieces, axis=1)
    write_mp3(parts, encoding, Id3(Labels(Tags("noise"))), sink)
    path = tmp_path / "result.mp3"
    path.write_bytes(sink.data)
    assert decoded(path, channels).shape == (length, channels)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -1e10])
@pytest.mark.parametrize("quality", [0, 2, 9])
def test_samples_that_are_no_sound(box: Box, tmp_path: Path, value: float, quality: int) -> None:
    """Values on which LAME aborts, as a damaged file can hold, cost only themselves."""
    samples = np.full((96_000, 2), 0.1, np.float32)
    samples[::997] = value
    raw, source = tmp_path / "raw", tmp_path / "x.wav"
    raw.write_bytes(samples.tobytes())
    ffmpeg("-f", "f32le", "-ar", "48000", "-ac", "2", "-i", raw, "-c:a", "pcm_f32le", source)
    assert convert(box, source.read_bytes(), quality=quality).facts.mp3.duration == 2.0


@pytest.mark.parametrize("encoding", [Encoding(44100, 3, quality=2), Encoding(12345, 2, quality=2)])
def test_what_mp3_cannot_is_refused(encoding: Encoding) -> None:
    """A rate or a number of channels that MP3 does not have is an error, not a wrong file."""
    with pytest.raises(LameError):
        Encoder(encoding)


def test_blocks_have_the_channels_that_were_announced() -> None:
    """Mono samples do not go into a stereo MP3."""
    with Encoder(Encoding(44100, 2, quality=2)) as encoder, pytest.raises(LameError):
        encoder.encode(np.zeros((1, 100), np.float32))
