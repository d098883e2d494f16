"""How much a conversion reads, holds in memory and writes to disk, for files of different kinds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo.database import Database

from benchmarks.bench import Bench, Benchmark
from benchmarks.content import Content
from benchmarks.contest import Cost
from benchmarks.converters import OurConverter
from benchmarks.figures import Goal

PROFILE_BYTES = 256 << 20

READ = Goal("bytes read from MongoDB / file size", "ratio", 1.02, 1.02)
READ_FRAGMENTED = Goal("bytes read from MongoDB / file size, fragmented file", "ratio", 1.02, 0.5)
MEMORY = Goal("peak memory of one conversion, any size of file", "MB", 250, 120)
DISK = Goal("temporary disk of a conversion", "MB", 0, 0)


def measure(bench: Bench) -> None:
    """One conversion of each kind of file, the converter's processes watched as a whole."""
    inputs = bench.inputs
    costs: dict[str, Cost] = {}
    read: dict[Path, float] = {}
    with OurConverter(bench.system) as ours:
        for path in (inputs.clip, inputs.film, inputs.large_film, inputs.fragmented_film):
            content = Content.unique(path)
            ours.store([content])
            bench.system.settle()
            with reading(bench.system.mongo["videos"]) as lengths:
                cost = ours.convert()
            read[path] = sum(lengths) / content.size
            name = f"{path.name}, {content.size / 1e6:.0f} MB, {read[path]:.3f} of it read"
            costs[name] = cost
            bench.say(f"{name}: {cost.seconds:.3f} s")
    bench.add_table("one conversion of each kind of file", costs)
    bench.record(READ, max(read[inputs.film], read[inputs.large_film]))
    bench.record(READ_FRAGMENTED, read[inputs.fragmented_film])
    bench.record(MEMORY, max(cost.memory_mb or 0.0 for cost in costs.values()))
    bench.record(DISK, max(cost.files_mb or 0.0 for cost in costs.values()))


@contextmanager
def reading(database: Database[dict[str, Any]]) -> Iterator[list[int]]:
    """A list that holds, afterwards, the lengths of all answers that `database` gave meanwhile.

    By MongoDB's own profiler (https://www.mongodb.com/docs/v6.0/reference/database-profiler/).
    """
    database.command("profile", 0)
    database.drop_collection("system.profile")
    database.create_collection("system.profile", capped=True, size=PROFILE_BYTES)
    lengths: list[int] = []
    database.command("profile", 2)
    try:
        yield lengths
    finally:
        database.command("profile", 0)
        found = database["system.profile"].find({"op": {"$in": ["query", "getmore"]}})
        lengths += [entry.get("responseLength", 0) for entry in found]


READING = Benchmark(
    "reading",
    "what one conversion reads, holds and writes to disk",
    (READ, READ_FRAGMENTED, MEMORY, DISK),
    measure,
)
