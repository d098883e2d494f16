"""The figures as a picture: how many times better than its bound each one is (SVG 1.1)."""

import math
from collections.abc import Sequence
from html import escape

from benchmarks.figures import Figure, Goal
from benchmarks.tables import number

WIDTH, ROW, TOP, LEFT, RIGHT = 1080, 24, 40, 560, 80
FONT = 'font-family="sans-serif" font-size="12"'
LOWEST, HIGHEST = 1 / 16, 16
TICKS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16)
GOOD, MISSED, AIM, GRID, TEXT = "#2a7f62", "#b3412e", "#8a6d1d", "#d0d0d0", "#222222"


def svg(figures: Sequence[Figure]) -> str:
    """A row for each figure: a bar from the bound (1) to the value, and a mark at the aim."""
    height = TOP + ROW * len(figures) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT}>',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        _text(LEFT, 16, "times better than the bound (bar), and the aim (diamond)"),
    ]
    for tick in TICKS:
        label = f"{tick:g}" if tick >= 1 else f"1/{round(1 / tick)}"
        parts.append(
            f'<line x1="{_x(tick):.1f}" y1="{TOP - 8}" x2="{_x(tick):.1f}" y2="{height - 26}" '
            f'stroke="{TEXT if tick == 1 else GRID}"/>'
        )
        parts.append(_text(_x(tick), height - 10, label, anchor="middle"))
    for row, figure in enumerate(figures):
        parts += _row(figure, TOP + ROW * row)
    return "\n".join([*parts, "</svg>"]) + "\n"


def times_better(goal: Goal, value: float) -> float:
    """How many times as good as the bound a value is; more than 1 is better."""
    if goal.bound == 0 or value == 0:
        return 1.0 if goal.reached(value, goal.bound) else 0.0
    return value / goal.bound if goal.at_least else goal.bound / value


def _row(figure: Figure, y: int) -> list[str]:
    goal = figure.goal
    name = f"{goal.figure}, {goal.against}" if goal.against else goal.figure
    parts = [_text(LEFT - 10, y + 14, name, anchor="end")]
    if figure.value is None:
        return [*parts, _text(_x(1) + 6, y + 14, "not measured", fill=MISSED)]
    ends = sorted([_x(1), _x(times_better(goal, figure.value))])
    color = GOOD if figure.met else MISSED
    size = f'width="{max(2.0, ends[1] - ends[0]):.1f}" height="{ROW - 10}"'
    aim = _x(times_better(goal, goal.aim))
    return [
        *parts,
        f'<rect x="{ends[0]:.1f}" y="{y + 4}" {size} fill="{color}"/>',
        f'<path d="M {aim:.1f} {y + 3} l 5 8 l -5 8 l -5 -8 z" fill="white" stroke="{AIM}"/>',
        _text(WIDTH - RIGHT + 14, y + 14, f"{number(figure.value)} {goal.unit}", fill=color),
    ]


def _x(ratio: float) -> float:
    """Where a ratio stands; beyond the scale it stands at its end."""
    inside = min(max(ratio, LOWEST), HIGHEST)
    share = math.log(inside / LOWEST) / math.log(HIGHEST / LOWEST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _text(x: float, y: float, text: str, *, anchor: str = "start", fill: str = TEXT) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}"'
    return f"<text {place}>{escape(text)}</text>"
