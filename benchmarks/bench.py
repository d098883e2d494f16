"""What each benchmark is given, and what it gives back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.contest import Contender, Cost, compete
from benchmarks.figures import Figure, Goal
from benchmarks.inputs import Inputs
from benchmarks.system import System

QUICK_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Table:
    """What runs took, in their order; of contenders (`compared`) there are ratios to the first."""

    title: str
    costs: dict[str, Cost]
    compared: bool = False


@dataclass
class Outcome:
    """What one benchmark measured: values of its goals, tables, and further details by name."""

    values: dict[Goal, float] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    details: dict[str, float] = field(default_factory=dict)


@dataclass
class Bench:
    """The inputs, the running system, and the outcome of one benchmark. `quick`: fewer rounds."""

    inputs: Inputs
    system: System
    say: Callable[[str], None]
    quick: bool
    outcome: Outcome = field(default_factory=Outcome)

    def rounds(self, full: int) -> int:
        """How many rounds to make where a whole measurement has `full`."""
        return min(full, QUICK_ROUNDS) if self.quick else full

    def compete(self, title: str, contenders: Sequence[Contender], rounds: int) -> dict[str, Cost]:
        """Run the contenders in turn, and keep the table of their medians."""
        costs = compete(contenders, rounds, settle=self.system.settle, progress=self.say)
        self.outcome.tables.append(Table(title, costs, compared=True))
        return costs

    def add_table(self, title: str, costs: Mapping[str, Cost]) -> None:
        """Keep what single runs took."""
        self.outcome.tables.append(Table(title, dict(costs)))

    def record(self, goal: Goal, value: float | None) -> None:
        """Keep what was measured; None: it could not be."""
        if value is not None:
            self.outcome.values[goal] = value


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A measurement by its name: what it is, the figures that it owes, how it comes by them."""

    name: str
    about: str
    goals: tuple[Goal, ...]
    run: Callable[[Bench], None]

    def figures(self, outcome: Outcome) -> list[Figure]:
        """Each figure that is owed, measured or not."""
        return [Figure(goal, outcome.values.get(goal)) for goal in self.goals]
