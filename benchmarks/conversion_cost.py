"""What one conversion in a process of its own takes, and how much of that its meter.

Run as `python -m benchmarks.conversion_cost SOUND [LUFS]`; prints processor seconds as JSON, of
the whole conversion and of measuring loudness in it. The sound is in memory, the MP3 goes nowhere,
and starting Python does not count.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.contest import Cost
from chassis.allocator import share_freed_memory
from chassis.options import ConversionOptions
from converter.engine import convert
from converter.loudness import LoudnessMeter
from converter.request import Request
from converter.resample import Samples
from converter.warm_up import warm_up
from devstack.services import CHECKOUT, base_environment, compiled_libraries

_NO_LIMIT: Final = 1e9


@dataclass(frozen=True, slots=True)
class ConversionCost:
    """Processor seconds of a conversion as a whole, and of the meter in it; wall seconds."""

    seconds: float
    cpu_seconds: float
    meter_cpu_seconds: float

    @property
    def cost(self) -> Cost:
        """As a run among others."""
        return Cost(self.seconds, self.cpu_seconds)


def conversion_cost(sound: Path, target: float | None = None) -> ConversionCost:
    """The cost of one conversion of a file, normalized to `target` LUFS or not at all."""
    command = [sys.executable, "-m", __name__, str(sound)]
    command += [] if target is None else [str(target)]
    of_process = {
        "PYTHONPATH": os.pathsep.join((str(CHECKOUT), str(CHECKOUT / "src"))),
        "OPENBLAS_NUM_THREADS": "1",  # as in the box
    }
    environment = base_environment() | compiled_libraries() | of_process
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return ConversionCost(**json.loads(done.stdout))


class _Memory:
    """A source in memory, and an output that forgets."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """See SourceReader."""
        return self._data[offset : offset + length]

    def write(self, data: bytes) -> None:
        """Forget it."""

    def rewrite(self, offset: int, data: bytes) -> None:
        """Forget it."""

    def start_over(self) -> None:
        """Nothing to forget."""

    def progress(self, fraction: float) -> None:
        """Forget it."""


def main(path: str, target: str | None = None) -> None:
    """Measure and print."""
    share_freed_memory()
    warm_up()
    metered = 0.0
    feed = LoudnessMeter.feed

    def timed(meter: LoudnessMeter, block: Samples) -> None:
        nonlocal metered
        began = time.thread_time()
        feed(meter, block)
        metered += time.thread_time() - began

    LoudnessMeter.feed = timed  # type: ignore[assignment, method-assign]  # what it takes is the question
    memory = _Memory(Path(path).read_bytes())
    options = ConversionOptions(normalize=None if target is None else float(target))
    request = Request(path, options, _NO_LIMIT, threads=os.cpu_count() or 1)
    started, computed = time.perf_counter(), time.process_time()
    convert(memory, memory, request)
    cost = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - computed,
        "meter_cpu_seconds": metered,
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main(*sys.argv[1:])
