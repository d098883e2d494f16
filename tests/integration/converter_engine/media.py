"""Media for the tests, made by ffmpeg, and a look at the MP3s that come out."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mutagen.mp3 import MP3
from numpy.typing import NDArray

from chassis.options import ConversionOptions
from converter.box import Box
from converter.conversion import Conversion
from converter.site import Site

PICTURE = ("-f", "lavfi", "-i", "testsrc=size=160x120:rate=10")
TONE = 440.0


class MemorySource:
    """A video in memory; counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.bytes_read = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """See SourceReader."""
        found = self.data[offset : offset + length]
        self.bytes_read += len(found)
        return found


class MemorySink:
    """An MP3 in memory, held to the promises of the real store."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> None:
        """See Sink."""
        self.data += data

    def rewrite(self, offset: int, data: bytes) -> None:
        """See Sink."""
        assert len(data) <= 1 << 20
        assert 0 <= offset <= offset + len(data) <= len(self.data)
        self.data[offset : offset + len(data)] = data

    def start_over(self) -> None:
        """See Sink."""
        self.data.clear()

    def progress(self, fraction: float) -> None:
        """See Output."""
        assert 0 <= fraction <= 1


@dataclass(frozen=True)
class Mp3:
    """What came out: the file, what was said of it, and the progress that was shown."""

    data: bytes
    facts: Conversion
    progress: list[float]

    def probe(self, folder: Path) -> dict[str, Any]:
        """What ffprobe says of it."""
        command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json"]
        done = subprocess.run([*command, self.save(folder)], capture_output=True, check=True)
        assert not done.stderr, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def samples(self, folder: Path) -> NDArray[np.float32]:
        """What a decoder makes of it, (n, channels)."""
        return decoded(self.save(folder), self.facts.mp3.channels)

    def save(self, folder: Path) -> Path:
        """It as a file."""
        path = folder / "result.mp3"
        path.write_bytes(self.data)
        return path


def ffmpeg(*arguments: object) -> None:
    """Run ffmpeg quietly."""
    subprocess.run(
        ["ffmpeg", "-nostdin", "-y", "-v", "error", *map(str, arguments)], check=True, timeout=120
    )


def sound(
    seconds: float = 3.0, rate: int = 44100, channels: int = 2, frequency: float = TONE
) -> tuple[str, ...]:
    """Arguments of ffmpeg for a tone; the second channel is an octave higher."""
    layouts = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
    tones = "|".join(
        f"0.2*sin(2*PI*{frequency * (2 if number == 1 else 1)}*t)" for number in range(channels)
    )
    layout = layouts.get(channels, f"{channels}c")
    return ("-f", "lavfi", "-i", f"aevalsrc={tones}:s={rate}:d={seconds}:c={layout}")


def decoded(path: Path, channels: int) -> NDArray[np.float32]:
    """The sound of a file as ffmpeg decodes it, (n, channels)."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-f", "f32le", "-"],
        capture_output=True,
        check=True,
    )
    return np.frombuffer(done.stdout, np.float32).reshape(-1, channels)


def loudest_frequency(samples: NDArray[np.float32], rate: int) -> float:
    """The frequency, in Hz, of the strongest tone in one channel."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


def convert(box: Box, data: bytes, name: str = "video.mp4", **options: Any) -> Mp3:
    """The MP3 of a video in memory."""
    return convert_fetched(box, data, None, name, **options)


def convert_fetched(
    box: Box, data: bytes, site: Site | None, name: str = "video.m4a", **options: Any
) -> Mp3:
    """As `convert`, of one that came by a link whose site says so much."""
    sink = MemorySink()
    progress: list[float] = []
    facts = box.convert(
        MemorySource(data),
        sink,
        ConversionOptions(**options),
        name=name,
        on_progress=progress.append,
        should_stop=lambda: False,
        site=site,
    )
    return Mp3(bytes(sink.data), facts, progress)


def mp3_info(path: Path) -> Any:
    """What mutagen reads in the MP3's first frames: bitrate, length, the encoder's settings."""
    return MP3(path).info
