"""`benchmarks/run`: measures, prints tables, and writes the figures to a JSON file.

The last line printed is that file's name. Ends with 1 where a bound is missed, and also where a
figure could not be measured.
"""

import argparse
import signal
import sys
import tempfile
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from benchmarks import machine, own_network, recorded, results, tables
from benchmarks.bench import Bench, Outcome
from benchmarks.catalogue import BENCHMARKS
from benchmarks.figures import Figure, to_json
from benchmarks.inputs import Inputs
from benchmarks.system import System
from devstack.services import CHECKOUT

LOCAL = CHECKOUT / ".local" / "benchmarks"
STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
STARTED = time.monotonic()


def main(arguments: list[str]) -> int:
    """Run; returns the exit code."""
    options = _parse(arguments)
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    if not own_network.enter():
        say("not root: measured on this machine's own loopback, with its congestion control")
    names = options.names or list(BENCHMARKS)
    described = machine.description()
    print(f"{described}\n", flush=True)
    outcomes = run(names, quick=options.quick)
    figures = [figure for name in names for figure in BENCHMARKS[name].figures(outcomes[name])]
    print(tables.figures(figures))
    if options.record:
        recorded.keep(outcomes, described)
        results.write()
    print(write_json(figures))
    return 0 if all(figure.met for figure in figures) else 1


def run(names: list[str], *, quick: bool) -> dict[str, Outcome]:
    """Run benchmarks on one system; one that breaks off leaves its other figures unmeasured."""
    outcomes: dict[str, Outcome] = {}
    LOCAL.mkdir(parents=True, exist_ok=True)
    inputs = Inputs(LOCAL, say, quick=quick)
    with tempfile.TemporaryDirectory(dir=LOCAL) as folder, System(Path(folder)) as system:
        for name in names:
            say(f"== {name}")
            bench = Bench(inputs, system, say, quick)
            outcomes[name] = bench.outcome
            try:
                BENCHMARKS[name].run(bench)
            except Exception:  # noqa: BLE001 - whatever it is, the others are still to be measured
                traceback.print_exc()
                say(f"{name} broke off")
            for table in bench.outcome.tables:
                print(f"\n{table.title}:\n\n{tables.costs(table)}\n")
            if bench.outcome.details:
                print(f"\n{tables.details(bench.outcome.details)}\n")
            sys.stdout.flush()
    return outcomes


def say(text: str) -> None:
    """Tell a person how far it is; what is to be kept goes to the standard output."""
    print(f"[{time.monotonic() - STARTED:7.1f}] {text}", file=sys.stderr, flush=True)


def write_json(figures: list[Figure]) -> Path:
    """Write the figures to a new file, and return its name."""
    path = LOCAL / f"figures-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(to_json(figures), encoding="utf-8")
    return path


def _parse(arguments: list[str]) -> argparse.Namespace:
    listed = "\n".join(f"  {name:14} {entry.about}" for name, entry in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="benchmarks/run",
        description="Measures how fast the service is, against what it replaces and what it could"
        " be at best.",
        epilog=f"The benchmarks, all of which run if none is named:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="name", help="run only these benchmarks")
    parser.add_argument(
        "--quick", action="store_true", help="smaller inputs and fewer rounds, for a first look"
    )
    parser.add_argument(
        "--record", action="store_true", help="put the results into benchmarks/RESULTS.md"
    )
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(BENCHMARKS)):
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    if options.quick and options.record:
        parser.error("what --quick measures is not worth recording")
    return options


def _stop(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
