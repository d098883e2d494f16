"""Videos deleted once they are stored, as after a conversion: what MongoDB writes for them.

With its own limits MongoDB writes them into its data files while they come in; as we start it, into
its journal alone, where its cache has room for them.
"""

import time
from collections import defaultdict

import psutil

from benchmarks.bench import Bench, Benchmark
from benchmarks.content import Content
from benchmarks.contest import Contender, Cost
from benchmarks.costs import measured
from benchmarks.figures import Goal
from devstack.mongodb import EVICTION

OURS, DEFAULTS = "as we start it", "MongoDB's own limits"
# Those of WiredTiger's `cache` in MongoDB; 0: half of what stands for all that has changed.
EVICTION_BY_DEFAULT = (
    "eviction_dirty_target=5,eviction_dirty_trigger=20,"
    "eviction_updates_target=0,eviction_updates_trigger=0"
)
ROUNDS = 5
UPLOADS = 8

WRITTEN = Goal(
    "bytes that MongoDB writes for videos deleted at once", "x", 0.75, 0.55, against=DEFAULTS
)


def measure(bench: Bench) -> None:
    """A row of uploads, one after the other, by turns with either limits."""
    system = bench.system
    system.fresh("gateway")
    client = system.client()
    written: defaultdict[str, int] = defaultdict(int)

    def limited_by(eviction: str) -> None:
        system.mongo.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig=eviction)

    def upload_all() -> float:
        started = time.monotonic()
        for _ in range(UPLOADS):
            answer = client.upload(Content.unique(bench.inputs.upload))
            client.delete(answer.fid)
        return time.monotonic() - started

    def run(name: str) -> Cost:
        mongodb = psutil.Process(system.stack.mongodb.pid)
        before = mongodb.io_counters().write_chars
        cost = measured(upload_all, system.watch("gateway"), system.watch_mongodb())
        written[name] += mongodb.io_counters().write_chars - before
        system.empty_videos()
        return cost

    upload_all()  # MongoDB's cache grows with the first upload after its start
    try:
        bench.compete(
            f"{UPLOADS} uploads, each deleted once it is stored (CPU and memory: of the gateway)",
            [
                Contender(OURS, lambda: run(OURS), lambda: limited_by(EVICTION)),
                Contender(DEFAULTS, lambda: run(DEFAULTS), lambda: limited_by(EVICTION_BY_DEFAULT)),
            ],
            bench.rounds(ROUNDS),
        )
    finally:
        limited_by(EVICTION)
    bench.record(WRITTEN, written[OURS] / written[DEFAULTS])


SHORT_LIVED = Benchmark(
    "short-lived", "what MongoDB writes for videos that are soon deleted", (WRITTEN,), measure
)
