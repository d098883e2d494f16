"""Results that are kept, and their place in RESULTS.md."""

from pathlib import Path

import pytest

from benchmarks import recorded, results
from benchmarks.bench import Benchmark, Outcome, Table
from benchmarks.contest import Cost
from benchmarks.figures import Goal

SPEED = Goal("speed", "x", bound=2, aim=3, against="older", at_least=True)
WAITING = Goal("waiting", "s", bound=1, aim=0.2)
OUTCOME = Outcome(
    values={SPEED: 2.5},
    tables=[Table("a race", {"ours": Cost(1, memory_mb=3)}, compared=True)],
    details={"size, GB": 2.0},
)


def benchmark(*goals: Goal) -> Benchmark:
    return Benchmark("race", "who is first", goals, lambda _bench: None)


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    """Values, tables and details; a goal that was not measured stays so."""
    path = tmp_path / "results.json"
    recorded.keep({"race": OUTCOME}, "a machine", path)
    document = recorded.load(path)["race"]
    assert recorded.outcome(benchmark(SPEED, WAITING), document) == OUTCOME
    assert document["machine"] == "a machine"


def test_other_benchmarks_keep_their_results(tmp_path: Path) -> None:
    """Only what was measured anew is replaced."""
    path = tmp_path / "results.json"
    recorded.keep({"race": OUTCOME, "walk": OUTCOME}, "a machine", path)
    recorded.keep({"walk": Outcome()}, "another machine", path)
    kept = recorded.load(path)
    assert kept["race"]["machine"] == "a machine"
    assert kept["walk"] == {
        "measured": kept["race"]["measured"],
        "machine": "another machine",
        "values": {},
        "tables": [],
        "details": {},
    }


def test_nothing_was_kept_yet(tmp_path: Path) -> None:
    """Then nothing is found, and nothing was measured."""
    assert recorded.load(tmp_path / "results.json") == {}
    assert recorded.outcome(benchmark(SPEED), {}) == Outcome()


def test_results_stand_between_their_marks() -> None:
    """What somebody wrote before and behind them stays."""
    text = "before\n<!-- race -->\nold\n<!-- /race -->\nbehind\n"
    expected = "before\n<!-- race -->\n\nnew\n\n<!-- /race -->\nbehind\n"
    assert results.replaced(text, "race", "new") == expected
    with pytest.raises(ValueError, match="marks of walk"):
        results.replaced(text, "walk", "new")


def test_a_section_says_when_where_and_what() -> None:
    """The benchmark, the day, the machine and its tables."""
    document = {"measured": "2026-01-02", "machine": "a machine"}
    text = results.section(benchmark(SPEED), document, OUTCOME)
    assert text.startswith("## race: who is first\n\n2026-01-02: a machine.\n\na race:\n\n|")


@pytest.mark.parametrize("name", ["results", "large_upload"])
def test_results_md_has_a_place_for_what_is_recorded(name: str) -> None:
    """A run that took an hour is not lost for want of marks."""
    text = results.RESULTS.read_text(encoding="utf-8")
    assert f"<!-- {name} -->\n\nnew\n\n<!-- /{name} -->" in results.replaced(text, name, "new")
