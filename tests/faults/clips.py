"""Videos for fault tests: made once by ffmpeg, each use of them with other bytes."""

import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

VOID = b"\xec\x90"  # an EBML Void element with 16 bytes (RFC 8794, section 11.3.2)


@dataclass(frozen=True)
class Clip:
    """A video with `seconds` of sound."""

    path: Path
    seconds: float

    def content(self) -> bytes:
        """The video with bytes that no other has, so that each upload is converted by itself."""
        return self.path.read_bytes() + VOID + secrets.token_bytes(16)


@dataclass(frozen=True)
class Clips:
    """`short` ones differ in length; `long` has several chunks in GridFS, and so has its MP3."""

    short: tuple[Clip, ...]
    long: Clip
    silent: Clip


LONG_OPTIONS = {"bitrate": "320k"}
"""Make the MP3 of the long clip longer than two chunks."""


def make_clips(folder: Path) -> Clips:
    return Clips(
        short=tuple(_short(folder, seconds) for seconds in (1, 2, 3)),
        long=_long(folder),
        silent=_silent(folder),
    )


def make_sound(path: Path, seconds: int) -> Path:
    """Write a file of so many seconds of sound, of the kind that its name says."""
    _ffmpeg(*_tone(seconds), path)
    return path


def _short(folder: Path, seconds: int) -> Clip:
    path = folder / f"short-{seconds}.mkv"
    picture = "testsrc2=size=160x120:rate=10"
    _ffmpeg("-f", "lavfi", "-i", picture, *_tone(seconds), "-c:v", "mpeg4", "-c:a", "aac", path)
    return Clip(path, seconds)


def _long(folder: Path) -> Clip:
    path = folder / "long.mkv"
    _ffmpeg(*_tone(75), "-ac", "2", "-c:a", "pcm_s16le", path)
    return Clip(path, 75)


def _silent(folder: Path) -> Clip:
    path = folder / "silent.mkv"
    picture = "testsrc2=size=160x120:rate=10"
    _ffmpeg("-f", "lavfi", "-i", picture, "-t", 1, "-c:v", "mpeg4", path)
    return Clip(path, 0)


def _tone(seconds: int) -> tuple[str | int, ...]:
    return ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", seconds)


def _ffmpeg(*arguments: str | int | Path) -> None:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
