"""Good videos of every common container and codec become MP3s."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from converter.box import Box
from tests.integration.converter_engine.media import (
    PICTURE,
    TONE,
    convert,
    decoded,
    ffmpeg,
    loudest_frequency,
    mp3_info,
    sound,
)

SECONDS = 3.0
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")

# name, options of ffmpeg, what we call the container and the codec
VIDEOS = [
    ("last.mp4", (*H264, "-c:a", "aac"), "mp4", "aac"),
    ("first.mp4", (*H264, "-c:a", "aac", "-movflags", "+faststart"), "mp4", "aac"),
    ("pieces.mp4", (*H264, "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"), "mp4", "aac"),
    ("dash.mp4", (*H264, "-c:a", "aac", "-movflags", "+dash", "-g", "5"), "mp4", "aac"),
    ("ac3.mp4", (*H264, "-c:a", "ac3"), "mp4", "ac3"),
    ("aac.mkv", (*H264, "-c:a", "aac"), "matroska", "aac"),
    ("ac3.mkv", (*H264, "-c:a", "ac3"), "matroska", "ac3"),
    ("flac.mkv", (*H264, "-c:a", "flac"), "matroska", "flac"),
    ("mp3.mkv", (*H264, "-c:a", "libmp3lame"), "matroska", "mp3"),
    ("pcm.mkv", (*H264, "-c:a", "pcm_s24le"), "matroska", "pcm_s24le"),
    ("opus.webm", ("-c:v", "libvpx", "-c:a", "libopus", "-ar", "48000"), "matroska", "opus"),
    ("vorbis.webm", ("-c:v", "libvpx", "-c:a", "libvorbis"), "matroska", "vorbis"),
    ("aac.mov", (*H264, "-c:a", "aac"), "mov", "aac"),
    ("pcm.mov", (*H264, "-c:a", "pcm_s16le"), "mov", "pcm_s16le"),
    ("mp3.avi", ("-c:v", "mpeg4", "-c:a", "libmp3lame"), "avi", "mp3"),
    ("pcm.avi", ("-c:v", "mpeg4", "-c:a", "pcm_s16le"), "avi", "pcm_s16le"),
    ("aac.ts", (*H264, "-c:a", "aac"), "mpegts", "aac"),
    ("ac3.ts", (*H264, "-c:a", "ac3"), "mpegts", "ac3"),
    ("mp2.ts", ("-c:v", "mpeg2video", "-c:a", "mp2"), "mpegts", "mp2"),
    ("mp2.mpg", ("-c:v", "mpeg2video", "-r", "25", "-c:a", "mp2"), "mpeg", "mp2"),
    ("mp3.flv", ("-c:v", "flv", "-c:a", "libmp3lame"), "flv", "mp3"),
    ("wma.wmv", ("-c:v", "wmv2", "-c:a", "wmav2"), "asf", "wmav2"),
    ("theora.ogv", ("-c:v", "libtheora", "-c:a", "libvorbis"), "ogg", "vorbis"),
]

SOUNDS = [
    ("sound.flac", (), "flac", "flac"),
    ("sound.wav", (), "wav", "pcm_s16le"),
    ("float.wav", ("-c:a", "pcm_f32le"), "wav", "pcm_f32le"),
    ("sound.ogg", ("-c:a", "libvorbis"), "ogg", "vorbis"),
    ("sound.opus", ("-c:a", "libopus", "-ar", "48000"), "ogg", "opus"),
    ("sound.m4a", ("-c:a", "aac"), "mp4", "aac"),
    ("alac.m4a", ("-c:a", "alac"), "mp4", "alac"),
    ("sound.mp3", ("-c:a", "libmp3lame"), "mp3", "mp3"),
    ("sound.aac", ("-c:a", "aac"), "aac", "aac"),
    ("sound.ac3", ("-c:a", "ac3"), "ac3", "ac3"),
    ("sound.eac3", ("-c:a", "eac3"), "eac3", "eac3"),
    ("sound.aiff", (), "aiff", "pcm_s16be"),
    ("sound.caf", ("-c:a", "alac"), "caf", "alac"),
    ("sound.wv", ("-c:a", "wavpack"), "wv", "wavpack"),
    ("sound.tta", ("-c:a", "tta"), "tta", "tta"),
    ("sound.wma", ("-c:a", "wmav2"), "asf", "wmav2"),
]

LOSSLESS = ("flac", "alac", "pcm_s16le", "pcm_s24le", "pcm_f32le", "pcm_s16be", "wavpack", "tta")


@pytest.mark.parametrize(
    ("name", "options", "container", "codec"),
    [(name, (*PICTURE, *sound(SECONDS), *rest), *facts) for name, rest, *facts in VIDEOS]
    + [(name, (*sound(SECONDS), *rest), *facts) for name, rest, *facts in SOUNDS],
    ids=[name for name, *_ in VIDEOS + SOUNDS],
)
def test_every_common_file_converts(
    box: Box, tmp_path: Path, name: str, options: tuple[str, ...], container: str, codec: str
) -> None:
    """The MP3 is as long as the source's sound, says what it is, and sounds alike."""
    source = tmp_path / name
    ffmpeg(*options, "-t", str(SECONDS), source)
    mp3 = convert(box, source.read_bytes(), name)

    facts = mp3.facts.source
    assert (facts.container, facts.codec, facts.channels) == (container, codec, 2)
    assert facts.duration == pytest.approx(SECONDS, abs=0.1)

    expected, found = decoded(source, 2), mp3.samples(tmp_path)
    tolerance = 0 if codec in LOSSLESS else 2048
    assert abs(len(found) - len(expected)) <= tolerance
    assert len(found) == round(mp3.facts.mp3.duration * mp3.facts.mp3.sample_rate)
    for channel, frequency in enumerate((TONE, 2 * TONE)):
        heard = loudest_frequency(found[:, channel], mp3.facts.mp3.sample_rate)
        assert heard == pytest.approx(frequency, abs=1)

    probe = mp3.probe(tmp_path)
    (stream,) = probe["streams"]
    assert (stream["codec_name"], stream["channels"]) == ("mp3", 2)
    assert int(stream["sample_rate"]) == facts.sample_rate
    assert probe["format"]["tags"] == {"title": name.rpartition(".")[0]}


@pytest.mark.parametrize("rate", [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_sample_rates_that_mp3_knows_are_kept(
    box: Box, tmp_path: Path, rate: int, channels: int
) -> None:
    """Nothing is resampled without need; decoding gives exactly as many samples as came in."""
    source = tmp_path / "sound.flac"
    ffmpeg(*sound(1.7, rate, channels), source)
    mp3 = convert(box, source.read_bytes())
    assert (mp3.facts.mp3.sample_rate, mp3.facts.mp3.channels) == (rate, channels)
    assert mp3.samples(tmp_path).shape == decoded(source, channels).shape
    assert mp3_info(mp3.save(tmp_path)).length == pytest.approx(1.7, abs=0.0001)


@pytest.mark.parametrize(
    ("rate", "chosen"), [(6000, 8000), (37800, 44100), (64000, 48000), (96000, 48000)]
)
def test_other_sample_rates_are_converted(box: Box, tmp_path: Path, rate: int, chosen: int) -> None:
    """A rate that MP3 does not know becomes the next higher one, 48 kHz at most."""
    source = tmp_path / "sound.wav"
    ffmpeg(*sound(2.0, rate), source)
    mp3 = convert(box, source.read_bytes())
    assert mp3.facts.source.sample_rate == rate
    assert mp3.facts.mp3.sample_rate == chosen
    found = mp3.samples(tmp_path)
    assert len(found) / chosen == pytest.approx(2.0, abs=0.002)
    assert loudest_frequency(found[:, 0], chosen) == pytest.approx(TONE, abs=1)


@pytest.mark.parametrize(("channels", "codec"), [(6, "ac3"), (6, "aac"), (8, "flac"), (8, "aac")])
def test_many_channels_become_two(box: Box, tmp_path: Path, channels: int, codec: str) -> None:
    """Surround sound is mixed down to stereo."""
    source = tmp_path / "sound.mkv"
    ffmpeg(*sound(1.0, channels=channels), "-c:a", codec, source)
    mp3 = convert(box, source.read_bytes())
    assert mp3.facts.source.channels == channels
    assert mp3.facts.mp3.channels == 2
    assert loudest_frequency(mp3.samples(tmp_path)[:, 0], 44100) == pytest.approx(TONE, abs=1)


@pytest.mark.parametrize("channels", [3, 4, 5, 7, 9, 10, 12, 16, 24])
def test_channels_in_no_usual_order(box: Box, tmp_path: Path, channels: int) -> None:
    """Any number of channels of a recorder converts, whatever they are called."""
    raw = tmp_path / "raw"
    frame = np.zeros((48_000, channels), np.int16)
    frame[:, 0] = 8000 * np.sin(2 * np.pi * TONE * np.arange(48_000) / 48_000)
    raw.write_bytes(frame.tobytes())
    source = tmp_path / "recorder.mov"
    ffmpeg("-f", "s16le", "-ar", "48000", "-ac", channels, "-i", raw, "-c:a", "pcm_s16le", source)
    mp3 = convert(box, source.read_bytes())
    assert (mp3.facts.source.channels, mp3.facts.mp3.channels) == (channels, 2)
    samples = mp3.samples(tmp_path)
    assert len(samples) == 48_000
    assert loudest_frequency(samples[:, 0], 48_000) == pytest.approx(TONE, abs=1)


def test_channels_that_change_on_the_way(box: Box, tmp_path: Path) -> None:
    """A broadcast that goes from stereo to surround and to another rate converts to its end."""
    parts = []
    for number, (rate, channels) in enumerate([(48000, 2), (48000, 6), (44100, 2)]):
        part = tmp_path / f"{number}.ac3"
        ffmpeg(*sound(1.0, rate, channels), part)
        parts.append(part.read_bytes())
    mp3 = convert(box, b"".join(parts))
    assert mp3.facts.mp3.duration == pytest.approx(3.0, abs=0.15)
    assert (mp3.facts.mp3.sample_rate, mp3.facts.mp3.channels) == (48000, 2)
    end = mp3.samples(tmp_path)[-40_000:, 0]
    assert loudest_frequency(end, 48000) == pytest.approx(TONE, abs=2)


def test_a_variable_frame_rate_does_not_matter(box: Box, tmp_path: Path) -> None:
    """Pictures that come at odd times change nothing about the sound."""
    source = tmp_path / "phone.mp4"
    odd = "select='not(mod(n,3))+not(mod(n,7))'"
    ffmpeg(*PICTURE, *sound(2.0), "-vf", odd, "-fps_mode", "vfr", *H264, "-t", "2", source)
    mp3 = convert(box, source.read_bytes())
    assert mp3.facts.mp3.duration == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    ("container", "rate"),
    [(name, 44100) for name in ("mp4", "mkv", "avi", "mov", "ts", "flv", "wmv")]
    + [("webm", 48000)],
)
def test_sound_shorter_than_the_pictures(
    box: Box, tmp_path: Path, container: str, rate: int
) -> None:
    """A video whose sound ends early is no truncated file, in any container."""
    source = tmp_path / f"short.{container}"
    ffmpeg(*PICTURE, *sound(1.0), "-t", "4", "-ar", rate, source)
    assert convert(box, source.read_bytes()).facts.mp3.duration == pytest.approx(1, abs=0.1)


def test_a_live_recording_without_any_duration(box: Box, tmp_path: Path) -> None:
    """A Matroska file that was written as a stream knows no duration, and converts."""
    source = tmp_path / "live.mkv"
    command = ["ffmpeg", "-nostdin", "-v", "error", *PICTURE, *sound(2.0), "-t", "2"]
    with source.open("wb") as pipe:  # what is written cannot be gone back to
        subprocess.run([*command, "-f", "matroska", "-"], stdout=pipe, check=True)
    mp3 = convert(box, source.read_bytes())
    assert mp3.facts.mp3.duration == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("container", ["mkv", "mp4", "ts", "mov"])
def test_the_default_track_is_taken(box: Box, tmp_path: Path, container: str) -> None:
    """Of several sound tracks the default one is converted, the first if none is marked."""
    source = tmp_path / f"tracks.{container}"
    tones = (300.0, 500.0, 700.0)
    inputs = [part for tone in tones for part in sound(1.0, channels=1, frequency=tone)]
    maps = ("-map", "0", "-map", "1", "-map", "2", "-map", "3")
    marks = ("-disposition:a:0", "0", "-disposition:a:1", "default", "-disposition:a:2", "0")
    ffmpeg(*PICTURE, *inputs, *maps, *marks, *H264, "-c:a", "aac", "-t", "1", source)
    heard = loudest_frequency(convert(box, source.read_bytes()).samples(tmp_path)[:, 0], 44100)
    expected = 300.0 if container == "ts" else 500.0  # MPEG-TS cannot mark a track
    assert heard == pytest.approx(expected, abs=2)


def test_commentaries_are_left_to_those_who_want_them(box: Box, tmp_path: Path) -> None:
    """A commentary or a description for the blind is not taken if there is another track."""
    source = tmp_path / "tracks.mkv"
    inputs = [part for tone in (300.0, 500.0) for part in sound(1.0, 44100, 1, tone)]
    marks = ("-disposition:a:0", "default+comment", "-disposition:a:1", "0")
    ffmpeg(*inputs, "-map", "0", "-map", "1", *marks, "-c:a", "flac", source)
    heard = loudest_frequency(convert(box, source.read_bytes()).samples(tmp_path)[:, 0], 44100)
    assert heard == pytest.approx(500.0, abs=2)
