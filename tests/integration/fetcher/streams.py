"""Short media and streams of it, made by ffmpeg."""

import json
import subprocess
from pathlib import Path
from typing import Any

_INPUTS = (
    *("-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=4"),
    *("-f", "lavfi", "-i", "sine=frequency=440:duration=4"),
)
_CODECS = ("-c:v", "libx264", "-g", "10", "-preset", "ultrafast", "-c:a", "aac")


def make_film(folder: Path) -> Path:
    """An MP4 with pictures and sound, four seconds long."""
    path = folder / "film.mp4"
    _ffmpeg(folder, *_INPUTS, *_CODECS, "-movflags", "+faststart", path.name)
    return path


def make_hls(folder: Path, film: Path, kind: str) -> None:
    """`stream.m3u8` with segments of a second.

    ts: MPEG-TS; aes: the same, encrypted; fmp4: fragmented MP4, all in one file.
    """
    options: tuple[str, ...] = ("-hls_segment_type", "fmp4", "-hls_flags", "single_file")
    if kind != "fmp4":
        options = ("-hls_segment_type", "mpegts")
    if kind == "aes":
        (folder / "key.bin").write_bytes(bytes(range(16)))
        (folder / "key.info").write_text("key.bin\nkey.bin\n")
        options = (*options, "-hls_key_info_file", "key.info")
    playlist = ("-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod", *options)
    _ffmpeg(folder, "-i", str(film), "-c", "copy", *playlist, "stream.m3u8")


def make_dash(folder: Path, film: Path) -> None:
    """`stream.mpd` with the sound apart from the pictures, in segments of a second."""
    sets = ("-adaptation_sets", "id=0,streams=v id=1,streams=a", "-seg_duration", "1")
    _ffmpeg(folder, "-i", str(film), "-c", "copy", "-f", "dash", *sets, "stream.mpd")


def kinds_of_streams(folder: Path, data: bytes) -> list[str]:
    """What ffprobe finds in `data`: audio, video."""
    return sorted(stream["codec_type"] for stream in _probed(folder, data)["streams"])


def duration_of(folder: Path, data: bytes) -> float:
    """How long the sound in `data` is, decoded, in seconds."""
    path = folder / "arrived"
    path.write_bytes(data)
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "a:0", "-f", "s16le"]
    done = subprocess.run(
        [*command, "-ar", "8000", "-ac", "1", "-"], capture_output=True, check=True
    )
    return len(done.stdout) / 2 / 8000


def _probed(folder: Path, data: bytes) -> dict[str, Any]:
    path = folder / "arrived"
    path.write_bytes(data)
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, capture_output=True, check=True).stdout
    )
    return found


def _ffmpeg(folder: Path, *arguments: str) -> None:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments]
    subprocess.run(command, cwd=folder, check=True)
