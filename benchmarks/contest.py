"""Contenders in turn, round by round: what else the machine does meets them all alike."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

Progress = Callable[[str], None]


class NotOffered(Exception):
    """A contender cannot do this at all; the text says why."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took; None: not measured.

    `seconds` of wall time, processor time of the contender's own processes and of MongoDB for it,
    peak memory and files on disk in MB.
    """

    seconds: float
    cpu_seconds: float | None = None
    mongodb_cpu_seconds: float | None = None
    memory_mb: float | None = None
    files_mb: float | None = None


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who does the work: `run` is measured, `prepare` comes before each run and is not."""

    name: str
    run: Callable[[], Cost]
    prepare: Callable[[], None] = lambda: None


def in_service(name: str, run: Callable[[], Cost]) -> Contender:
    """Each run that counts comes after one of the same kind, as it does where nobody alternates.

    What another left behind cost an upload up to a quarter of a second: memory of its deleted
    files, which this machine gave back to its host and has to get anew.
    """

    def prepare() -> None:
        run()

    return Contender(name, run, prepare)


def compete(
    contenders: Sequence[Contender],
    rounds: int,
    *,
    settle: Callable[[], None],
    progress: Progress,
) -> dict[str, Cost]:
    """The medians of each contender by its name; `settle` is called before each run.

    Who does not offer the work is left out.
    """
    runs: dict[str, list[Cost]] = {contender.name: [] for contender in contenders}
    turns = orders(len(contenders))
    for number in range(1, rounds + 1):
        for place in turns[(number - 1) % len(turns)]:
            contender = contenders[place]
            if contender.name not in runs:
                continue
            try:
                contender.prepare()
                settle()
                cost = contender.run()
            except NotOffered as error:
                del runs[contender.name]
                progress(f"{contender.name}: {error}")
                continue
            runs[contender.name].append(cost)
            progress(f"{contender.name} {number}/{rounds}: {cost.seconds:.3f} s")
    return {name: medians(costs) for name, costs in runs.items()}


def orders(count: int) -> list[list[int]]:
    """The orders in which so many contenders run, round by round: two always A B A B.

    Of more, each follows each other equally often in so many rounds as there are orders, because
    what one leaves behind meets the next: pages to be written, caches, memory that is new to the
    machine. Source: the balanced Latin squares of E. J. Williams (1949).
    """
    if count <= 2:
        return [list(range(count))]
    zigzag = [(place + 1) // 2 if place % 2 else -place // 2 for place in range(count)]
    square = [[(step + start) % count for step in zigzag] for start in range(count)]
    return square if count % 2 == 0 else square + [order[::-1] for order in square]


def medians(costs: Sequence[Cost]) -> Cost:
    """Time as medians; of memory and files the most of all."""
    seconds = statistics.median(cost.seconds for cost in costs)
    return Cost(
        seconds,
        cpu_seconds=_of(costs, "cpu_seconds", statistics.median),
        mongodb_cpu_seconds=_of(costs, "mongodb_cpu_seconds", statistics.median),
        memory_mb=_of(costs, "memory_mb", max),
        files_mb=_of(costs, "files_mb", max),
    )


def _of(costs: Sequence[Cost], name: str, choose: Callable[[list[float]], float]) -> float | None:
    values = [value for cost in costs if (value := getattr(cost, name)) is not None]
    return choose(values) if values else None


def ratio(results: Mapping[str, Cost], of: str, to: str) -> float | None:
    """How many times as long `of` took as `to`; None where one of them is missing."""
    if of not in results or to not in results:
        return None
    return results[of].seconds / results[to].seconds


COLUMNS = {
    "seconds": "wall, s",
    "cpu_seconds": "CPU, s",
    "mongodb_cpu_seconds": "MongoDB CPU, s",
    "memory_mb": "peak memory, MB",
    "files_mb": "files on disk, MB",
}
assert list(COLUMNS) == [field.name for field in fields(Cost)]
