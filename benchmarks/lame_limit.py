"""The physical limit of a conversion: LAME alone, on decoded sound, one thread for each core.

Run as `python -m benchmarks.lame_limit SOUND KBIT`, the sound being 16-bit stereo at 44.1 kHz
without a header; prints the seconds and the processor seconds as JSON. Each
thread encodes its part of the sound as if it were a whole, bit reservoir off, as ours does; reading
the file and starting Python do not count.
"""

import ctypes
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.contest import Cost
from devstack.services import CHECKOUT, base_environment, compiled_libraries

LIBRARY = "libmp3lame.so.0"
SAMPLE_RATE = 44_100
BLOCK_SAMPLES = 64 * 1024

Samples = NDArray[np.int16]


def lame_limit(sound: Path, kbit: int, *, compiled: bool) -> Cost:
    """What LAME alone takes, in a process of its own: the package's, or `compiled` as ours is."""
    command = [sys.executable, "-m", __name__, str(sound), str(kbit)]
    environment = base_environment() | {"PYTHONPATH": str(CHECKOUT)}
    if compiled:
        environment |= compiled_libraries()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return Cost(**json.loads(done.stdout))


def main(path: str, kbit: str) -> None:
    """Measure and print."""
    samples = np.fromfile(path, np.int16).reshape(-1, 2)
    threads = os.cpu_count() or 1
    parts = np.array_split(samples, threads)
    started, computed = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda part: encode(part, int(kbit)), parts))
    cost = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - computed,
    }
    print(json.dumps(cost))


def encode(samples: Samples, kbit: int) -> int:
    """Encode stereo samples at a constant bitrate; how many bytes that gave (lame.h)."""
    library = ctypes.CDLL(LIBRARY)
    library.lame_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.lame_init())
    library.lame_set_in_samplerate(context, SAMPLE_RATE)
    library.lame_set_num_channels(context, 2)
    library.lame_set_brate(context, kbit)
    library.lame_set_disable_reservoir(context, 1)
    if library.lame_init_params(context) < 0:
        raise ValueError(f"LAME refuses {kbit} kbit/s")
    out = np.empty(BLOCK_SAMPLES * 5 // 4 + 7200, np.uint8)
    total: int = 0
    for start in range(0, len(samples), BLOCK_SAMPLES):
        block = np.ascontiguousarray(samples[start : start + BLOCK_SAMPLES])
        total += library.lame_encode_buffer_interleaved(
            context,
            ctypes.c_void_p(block.ctypes.data),
            len(block),
            ctypes.c_void_p(out.ctypes.data),
            out.size,
        )
    total += library.lame_encode_flush(context, ctypes.c_void_p(out.ctypes.data), out.size)
    library.lame_close(context)
    return total


if __name__ == "__main__":
    main(*sys.argv[1:])
