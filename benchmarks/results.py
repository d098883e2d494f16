"""RESULTS.md and its plot, drawn up from the recorded results.

What stands between two marks is replaced; a benchmark with details has marks of its own.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import plot, recorded, tables
from benchmarks.bench import Benchmark, Outcome
from benchmarks.catalogue import BENCHMARKS

RESULTS = Path(__file__).with_name("RESULTS.md")
PLOT = RESULTS.with_name("figures.svg")
SECTION = "results"


def write() -> None:
    """Replace the sections of RESULTS.md that were recorded, and the plot."""
    documents = recorded.load()
    outcomes = {
        name: recorded.outcome(benchmark, documents.get(name, {}))
        for name, benchmark in BENCHMARKS.items()
    }
    figures = [
        figure
        for name, benchmark in BENCHMARKS.items()
        for figure in benchmark.figures(outcomes[name])
    ]
    PLOT.write_text(plot.svg(figures), encoding="utf-8")
    sections = [
        section(BENCHMARKS[name], documents[name], outcome)
        for name, outcome in outcomes.items()
        if name in documents
    ]
    parts = [f"![the figures against their bounds]({PLOT.name})", tables.figures(figures)]
    text = RESULTS.read_text(encoding="utf-8")
    text = replaced(text, SECTION, "\n\n".join(parts + sections))
    for name, outcome in outcomes.items():
        if outcome.details:
            rows = tables.details(outcome.details, documents[name]["measured"])
            text = replaced(text, name.replace("-", "_"), rows)
    RESULTS.write_text(text, encoding="utf-8")


def section(benchmark: Benchmark, document: Mapping[str, Any], outcome: Outcome) -> str:
    """When and where one benchmark was measured, and what its contenders took."""
    parts = [
        f"## {benchmark.name}: {benchmark.about}",
        f"{document['measured']}: {document['machine']}.",
    ]
    parts += [f"{table.title}:\n\n{tables.costs(table)}" for table in outcome.tables]
    return "\n\n".join(parts)


def replaced(text: str, name: str, content: str) -> str:
    """`text` with `content` in the section `name`; raises ValueError where it has no marks."""
    before, mark, rest = text.partition(f"<!-- {name} -->")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not mark or not end:
        raise ValueError(f"RESULTS.md has lost the marks of {name}")
    return f"{before}{mark}\n\n{content}\n\n{end}{after}"
