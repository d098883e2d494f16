"""The same video once more: how long after its last byte it is ready."""

from functools import partial

from benchmarks.bench import Bench, Benchmark
from benchmarks.client import Client
from benchmarks.content import Content
from benchmarks.contest import Cost, medians
from benchmarks.costs import measured
from benchmarks.figures import Goal

ROUNDS = 3
TIMEOUT_SECONDS = 1800.0

READY = Goal("second upload of the same 1 GB video: ready after its last byte", "s", 1.0, 0.2)


def measure(bench: Bench) -> None:
    """One upload, then the same again and again."""
    system = bench.system
    system.fresh("gateway", "converter", "notification", "sweeper")
    client = system.client()
    content = Content.unique(bench.inputs.upload)

    def run() -> Cost:
        system.settle()
        cost = measured(
            partial(delay, client, content),
            system.watch("gateway", "converter"),
            system.watch_mongodb(),
        )
        bench.say(f"ready after {cost.seconds:.3f} s")
        return cost

    first = run()
    again = medians([run() for _ in range(bench.rounds(ROUNDS))])
    title = "ready after the last byte (CPU and memory: of gateway and converter, for the whole)"
    bench.add_table(title, {"the same video again": again, "the first time": first})
    bench.record(READY, again.seconds)


def delay(client: Client, content: Content) -> float:
    """Seconds from the last byte of an upload until its job is ready; the job stays."""
    answer = client.upload(content)
    return client.await_ready(answer.fid, TIMEOUT_SECONDS) - answer.last_byte_at


SAME_CONTENT = Benchmark("same-content", "the same 1 GB uploaded twice", (READY,), measure)
