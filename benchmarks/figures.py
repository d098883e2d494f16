"""What is measured, how good it has to be, and how good it was."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure, what it is compared with, the bound it has to keep, and the aim behind it.

    `at_least`: the figure is good when it is large.
    """

    figure: str
    unit: str
    bound: float
    aim: float
    against: str = ""
    at_least: bool = False

    def reached(self, value: float | None, limit: float) -> bool:
        """Whether `value` is as good as `limit`; what could not be measured is not."""
        if value is None:
            return False
        return value >= limit if self.at_least else value <= limit


@dataclass(frozen=True, slots=True)
class Figure:
    """A goal and the value measured; None: it could not be measured."""

    goal: Goal
    value: float | None

    @property
    def met(self) -> bool:
        """Whether the bound is kept."""
        return self.goal.reached(self.value, self.goal.bound)

    @property
    def aim_met(self) -> bool:
        """Whether the aim is reached, too."""
        return self.goal.reached(self.value, self.goal.aim)

    def to_document(self) -> dict[str, Any]:
        """The figure as plain data."""
        goal = self.goal
        return {
            "figure": goal.figure,
            "value": None if self.value is None else round(self.value, 4),
            "unit": goal.unit,
            "against": goal.against,
            "bound": goal.bound,
            "aim": goal.aim,
            "met": self.met,
        }


def to_json(figures: Iterable[Figure]) -> str:
    """The figures as a JSON list of objects."""
    return json.dumps([figure.to_document() for figure in figures], indent=2) + "\n"
