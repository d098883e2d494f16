"""A 2 GB video through the real gateway and the real converter: memory, disk and time.

Sent by curl as multipart; what the gateway's and the converter's processes hold in memory, and have
open on disk but for their logs, is sampled all the time.
"""

import json
import subprocess
import time

from benchmarks.bench import Bench, Benchmark
from benchmarks.figures import Goal
from benchmarks.watch import cpu_seconds

TIMEOUT_SECONDS = 1800.0

GATEWAY_MEMORY = Goal("2 GB video: gateway's memory", "MB", 200, 200)
CONVERTER_MEMORY = Goal("2 GB video: converter's memory", "MB", 200, 200)
GATEWAY_FILES = Goal("2 GB video: gateway's files open for writing", "MB", 16, 16)
CONVERTER_FILES = Goal("2 GB video: converter's files open for writing", "MB", 16, 16)


def measure(bench: Bench) -> None:
    """Take the journey of one large video."""
    system, path = bench.system, bench.inputs.two_gigabytes
    gigabytes = path.stat().st_size / 1e9
    system.fresh("gateway", "converter", "notification", "sweeper")
    client = system.client()
    # How fast the disk is that curl reads from is no matter here.
    subprocess.run(["cat", path], check=True, stdout=subprocess.DEVNULL)
    system.settle()
    gateway, converter = system.watch("gateway"), system.watch("converter")
    with gateway.running(), converter.running():
        before = cpu_seconds([system.service("gateway").pid])
        started = time.monotonic()
        answer = subprocess.run(
            [
                *("curl", "-sS", "--fail-with-body", "-F", f"file=@{path}"),
                *("-H", client.authorization, f"{system.stack.gateway_url}/upload"),
            ],
            check=True,
            capture_output=True,
        )
        uploaded = time.monotonic()
        computed = cpu_seconds([system.service("gateway").pid]) - before
        ready = client.await_ready(json.loads(answer.stdout)["fid"], TIMEOUT_SECONDS)
    bench.outcome.details = details = {
        "size, GB": gigabytes,
        "upload, MB/s": gigabytes * 1000 / (uploaded - started),
        "gateway, CPU s per GB uploaded": computed / gigabytes,
        "ready after the upload, s": ready - uploaded,
    }
    for name, watch in (("gateway", gateway), ("converter", converter)):
        details[f"{name}, peak memory, MB"] = watch.memory_mb
        details[f"{name}, its largest process, MB"] = watch.largest_process_mb
        details[f"{name}, files open for writing, MB"] = watch.files_mb
    bench.record(GATEWAY_MEMORY, gateway.memory_mb)
    bench.record(CONVERTER_MEMORY, converter.memory_mb)
    bench.record(GATEWAY_FILES, gateway.files_mb)
    bench.record(CONVERTER_FILES, converter.files_mb)


LARGE_UPLOAD = Benchmark(
    "large-upload",
    "memory and disk while curl uploads 2 GB and they are converted",
    (GATEWAY_MEMORY, CONVERTER_MEMORY, GATEWAY_FILES, CONVERTER_FILES),
    measure,
)
