"""RESULTS.md and its plot, drawn up from the recorded results."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import plot, recorded, tables
from benchmarks.bench import Benchmark, Outcome
from benchmarks.catalogue import BENCHMARKS

RESULTS = Path(__file__).with_name("RESULTS.md")
PLOT = RESULTS.with_name("figures.svg")
MARK, MARK_END = "<!-- results -->", "<!-- /results -->"


def write() -> None:
    """Replace what stands between the marks in RESULTS.md, and the plot."""
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
    RESULTS.write_text(replaced(text, "\n\n".join(parts + sections)), encoding="utf-8")


def section(benchmark: Benchmark, document: Mapping[str, Any], outcome: Outcome) -> str:
    """When and where one benchmark was measured, and what its contenders took."""
    parts = [
        f"## {benchmark.name}: {benchmark.about}",
        f"{document['measured']}: {document['machine']}.",
    ]
    parts += [f"{table.title}:\n\n{tables.costs(table)}" for table in outcome.tables]
    if outcome.details:
        parts.append(tables.details(outcome.details))
    return "\n\n".join(parts)


def replaced(text: str, content: str) -> str:
    """`text` with `content` between the marks; raises ValueError where they are missing."""
    before, mark, rest = text.partition(MARK)
    _, end, after = rest.partition(MARK_END)
    if not mark or not end:
        raise ValueError("RESULTS.md has lost its marks")
    return f"{before}{MARK}\n\n{content}\n\n{MARK_END}{after}"
