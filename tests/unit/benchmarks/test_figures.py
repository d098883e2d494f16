"""Figures against their bounds, as JSON, as tables, and as a picture."""

import json
from xml.etree import ElementTree as ET

import pytest

from benchmarks import plot, tables
from benchmarks.bench import Table
from benchmarks.catalogue import BENCHMARKS
from benchmarks.contest import Cost
from benchmarks.figures import Figure, Goal, to_json

SHORT = Goal("waiting", "s", bound=1.0, aim=0.2)
FAST = Goal("speed", "x", bound=2.0, aim=3.0, against="older & slower", at_least=True)


@pytest.mark.parametrize(
    ("goal", "value", "met", "aim_met"),
    [
        (SHORT, 0.2, True, True),
        (SHORT, 1.0, True, False),
        (SHORT, 1.01, False, False),
        (SHORT, None, False, False),
        (FAST, 3.0, True, True),
        (FAST, 2.0, True, False),
        (FAST, 1.99, False, False),
        (FAST, None, False, False),
    ],
)
def test_a_bound_is_kept_or_missed(
    goal: Goal, value: float | None, met: bool, aim_met: bool
) -> None:
    """Some figures are to be small, others large; what could not be measured is a miss."""
    figure = Figure(goal, value)
    assert (figure.met, figure.aim_met) == (met, aim_met)


def test_figures_are_written_as_a_list_of_objects() -> None:
    """Each with its figure, value, unit, rival, bound, aim and whether the bound is kept."""
    written = json.loads(to_json([Figure(FAST, 2.5), Figure(SHORT, None)]))
    assert written[0] == {
        "figure": "speed",
        "value": 2.5,
        "unit": "x",
        "against": "older & slower",
        "bound": 2.0,
        "aim": 3.0,
        "met": True,
    }
    assert written[1]["value"] is None
    assert written[1]["met"] is False


def test_no_two_goals_are_told_apart_by_nothing() -> None:
    """A figure and what it is compared with name a goal, in JSON and in what is recorded."""
    goals = [
        (goal.figure, goal.against) for benchmark in BENCHMARKS.values() for goal in benchmark.goals
    ]
    assert len(set(goals)) == len(goals)


def test_contenders_have_ratios_to_the_first() -> None:
    """A table shows what was measured, and no column that is empty."""
    table = Table("", {"ours": Cost(2, memory_mb=80), "older": Cost(5)}, compared=True)
    assert tables.costs(table).splitlines() == [
        "|       | wall, s | peak memory, MB | ratio |",
        "| ----- | ------: | --------------: | ----: |",
        "| ours  |    2.00 |            80.0 |  1.00 |",
        "| older |    5.00 |                 |  2.50 |",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0314, "0.031"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1234"), (None, "")],
)
def test_numbers_have_about_three_digits(value: float | None, text: str) -> None:
    """Enough to compare, no more than was measured."""
    assert tables.number(value) == text


def test_the_plot_is_a_picture_of_every_figure() -> None:
    """Well-formed SVG with each figure's name, the missed and the unmeasured ones too."""
    figures = [Figure(FAST, 2.5), Figure(FAST, 0.001), Figure(SHORT, 0.0), Figure(SHORT, None)]
    root = ET.fromstring(plot.svg(figures))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("speed, older & slower") == 2
    assert texts.count("waiting") == 2
    assert "not measured" in texts


@pytest.mark.parametrize(
    ("goal", "value", "times"),
    [
        (FAST, 4.0, 2.0),
        (SHORT, 0.5, 2.0),
        (SHORT, 2.0, 0.5),
        (Goal("disk", "MB", bound=0, aim=0), 0.0, 1.0),
        (Goal("disk", "MB", bound=0, aim=0), 3.0, 0.0),
    ],
)
def test_a_bar_shows_how_many_times_better_than_the_bound(
    goal: Goal, value: float, times: float
) -> None:
    """Whether a figure is to be small or large; a bound of nothing is kept or missed."""
    assert plot.times_better(goal, value) == times
