"""ffmpeg's own meter of loudness, the judge of ours."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_INTEGRATED: Final = re.compile(r"^\s+I:\s+(\S+) LUFS", re.MULTILINE)
_PEAK: Final = re.compile(r"^\s+Peak:\s+(\S+) dBFS", re.MULTILINE)


@dataclass(frozen=True)
class Judged:
    """Integrated loudness in LUFS (-70 for silence), true peak in dBTP."""

    integrated: float
    true_peak: float


def judged(sound: Path | NDArray[np.float32], rate: int = 44100) -> Judged:
    """What ffmpeg finds in a file, or in samples of (channels, n)."""
    data = None if isinstance(sound, Path) else sound.astype("<f4").T.tobytes()
    given = (
        ["-i", str(sound)]
        if isinstance(sound, Path)
        else ["-f", "f32le", "-ar", str(rate), "-ac", str(len(sound)), "-i", "-"]
    )
    meter = ["-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"]
    done = subprocess.run(
        ["ffmpeg", "-hide_banner", "-nostats", *given, *meter],
        input=data,
        capture_output=True,
        check=True,
        timeout=120,
    )
    said = done.stderr.decode()
    [integrated], [peak] = _INTEGRATED.findall(said), _PEAK.findall(said)
    return Judged(float(integrated), float(peak))
