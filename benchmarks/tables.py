"""Results as tables in Markdown, aligned so that they read well on a terminal, too."""

from collections.abc import Mapping, Sequence

from benchmarks.bench import Table
from benchmarks.contest import COLUMNS
from benchmarks.figures import Figure, Goal


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table of text; the first row is its head, and all columns but the first hold numbers."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        " | ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    rule = [
        "-" * width if column == 0 else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    lines.insert(1, " | ".join(rule))
    return "\n".join(f"| {line} |" for line in lines)


def costs(table: Table) -> str:
    """What each took, and of contenders how many times as long as the first."""
    used = [
        name
        for name in COLUMNS
        if any(getattr(cost, name) is not None for cost in table.costs.values())
    ]
    rows = [["", *(COLUMNS[name] for name in used)]]
    rows += [
        [name, *(number(getattr(cost, column)) for column in used)]
        for name, cost in table.costs.items()
    ]
    if table.compared and table.costs:
        times = [cost.seconds for cost in table.costs.values()]
        ratios = ["ratio", *(f"{seconds / times[0]:.2f}" for seconds in times)]
        rows = [[*row, cell] for row, cell in zip(rows, ratios, strict=True)]
    return markdown(rows)


def figures(found: Sequence[Figure]) -> str:
    """Each figure beside its bound and its aim."""
    rows = [["figure", "against", "value", "bound", "aim", "met"]]
    rows += [
        [
            figure.goal.figure,
            figure.goal.against,
            _with_unit(figure.value, figure.goal),
            f"{'≥' if figure.goal.at_least else '≤'} {figure.goal.bound:g}",
            f"{figure.goal.aim:g}",
            verdict(figure),
        ]
        for figure in found
    ]
    return markdown(rows)


def details(rows: Mapping[str, float], head: str = "value") -> str:
    """Further figures of one benchmark, by their names."""
    return markdown([["figure", head], *([name, number(value)] for name, value in rows.items())])


def verdict(figure: Figure) -> str:
    """How good a figure is, in a word."""
    if figure.aim_met:
        return "aim"
    return "yes" if figure.met else "no"


def number(value: float | None) -> str:
    """Three digits, or more where there are more before the point."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    digits = 3 - len(str(int(abs(value)))) if abs(value) >= 1 else 3
    return f"{value:.{max(0, digits)}f}"


def _with_unit(value: float | None, goal: Goal) -> str:
    return "not measured" if value is None else f"{number(value)} {goal.unit}"
