"""The last results of each benchmark that were worth keeping, in `results.json` beside us."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench import Benchmark, Outcome, Table
from benchmarks.contest import Cost
from benchmarks.figures import Goal

RECORDED = Path(__file__).with_name("results.json")


def keep(outcomes: Mapping[str, Outcome], machine: str, path: Path = RECORDED) -> None:
    """Put these results, by the name of their benchmark, in place of earlier ones."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, outcome in outcomes.items():
        kept[name] = {
            "measured": f"{datetime.now(UTC):%Y-%m-%d}",
            "machine": machine,
            "values": {_key(goal): value for goal, value in outcome.values.items()},
            "tables": [asdict(table) for table in outcome.tables],
            "details": outcome.details,
        }
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def load(path: Path = RECORDED) -> dict[str, Any]:
    """What was kept, by the name of the benchmark."""
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def outcome(benchmark: Benchmark, document: Mapping[str, Any]) -> Outcome:
    """The outcome that `keep` wrote; without the values of goals that are no longer set."""
    values = document.get("values", {})
    return Outcome(
        values={goal: values[_key(goal)] for goal in benchmark.goals if _key(goal) in values},
        tables=[
            Table(
                table["title"],
                {name: Cost(**cost) for name, cost in table["costs"].items()},
                table["compared"],
            )
            for table in document.get("tables", [])
        ],
        details=document.get("details", {}),
    )


def _key(goal: Goal) -> str:
    return f"{goal.figure}, {goal.against}" if goal.against else goal.figure
