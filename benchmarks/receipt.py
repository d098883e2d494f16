"""What it costs to measure loudness for the receipt, and to bring sound to a loudness."""

import statistics
from typing import Final

from benchmarks.bench import Bench, Benchmark
from benchmarks.contest import Contender, Cost
from benchmarks.conversion_cost import ConversionCost, conversion_cost
from benchmarks.figures import Goal

ROUNDS: Final = 7
QUIET, LOUD = -30.0, -14.0  # LUFS: one that is never near the peak's limit, and the usual one

RECEIPT = Goal("the receipt's share of a conversion's processor time", "%", 10.0, 3.0)
NORMALIZE = Goal("processor time that normalize adds, far from the peak's limit", "%", 25.0, 15.0)
NORMALIZE_CHECKED = Goal("processor time that normalize adds, near the limit", "%", 45.0, 15.0)


def measure(bench: Bench) -> None:
    """One sound, converted as it is and brought to two loudnesses, in turn."""
    sound = bench.inputs.recording
    plain: list[ConversionCost] = []

    def as_it_is() -> Cost:
        plain.append(conversion_cost(sound))
        return plain[-1].cost

    costs = bench.compete(
        "one conversion (processor time)",
        [
            Contender("as it is, with its receipt", as_it_is),
            Contender("normalized, quiet", lambda: conversion_cost(sound, QUIET).cost),
            Contender("normalized, near the limit", lambda: conversion_cost(sound, LOUD).cost),
        ],
        bench.rounds(ROUNDS),
    )
    shares = [100 * cost.meter_cpu_seconds / cost.cpu_seconds for cost in plain]
    bench.record(RECEIPT, statistics.median(shares))
    base, quiet, near = (cost.cpu_seconds or 0.0 for cost in costs.values())
    bench.record(NORMALIZE, 100 * (quiet / base - 1))
    bench.record(NORMALIZE_CHECKED, 100 * (near / base - 1))


RECEIPT_COST = Benchmark(
    "receipt",
    "the price of measuring loudness, and of normalize",
    (RECEIPT, NORMALIZE, NORMALIZE_CHECKED),
    measure,
)
