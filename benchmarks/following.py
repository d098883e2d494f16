"""How long after the last byte of a steady upload its MP3 is ready."""

from functools import partial
from pathlib import Path

from benchmarks.bench import Bench, Benchmark
from benchmarks.client import Client
from benchmarks.content import Content
from benchmarks.contest import Cost, medians
from benchmarks.costs import measured
from benchmarks.figures import Goal

RATE = 25_000_000
ROUNDS = 3
TIMEOUT_SECONDS = 1800.0

READY = Goal("MP3 ready after the last byte of a steady upload of 25 MB/s", "s", 1.0, 0.2)


def measure(bench: Bench) -> None:
    """Files that can be converted while they arrive, of several lengths; the slowest counts."""
    system = bench.system
    system.fresh("gateway", "converter", "notification", "sweeper")
    client = system.client()
    costs: dict[str, Cost] = {}
    for path in bench.inputs.streamed:
        runs: list[Cost] = []
        for _ in range(bench.rounds(ROUNDS)):
            system.settle()
            runs.append(
                measured(
                    partial(delay, client, path),
                    system.watch("gateway", "converter"),
                    system.watch_mongodb(),
                )
            )
            bench.say(f"{path.name}: ready after {runs[-1].seconds:.3f} s")
        costs[f"{path.name}, {path.stat().st_size / 1e6:.0f} MB"] = medians(runs)
    title = "ready after the last byte (CPU and memory: of gateway and converter, for the whole)"
    bench.add_table(title, costs)
    bench.record(READY, max(cost.seconds for cost in costs.values()))


def delay(client: Client, path: Path, rate: float | None = RATE) -> float:
    """Seconds from the last byte of an upload until its job is ready; the job is deleted."""
    answer = client.upload(Content.unique(path), rate=rate)
    ready_at = client.await_ready(answer.fid, TIMEOUT_SECONDS)
    client.delete(answer.fid)
    return ready_at - answer.last_byte_at


FOLLOWING = Benchmark("following", "how long after its upload an MP3 is ready", (READY,), measure)
