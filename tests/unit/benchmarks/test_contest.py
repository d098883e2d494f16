"""Contenders in turn: order, medians, and who takes no part."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, pairwise

import pytest

from benchmarks.contest import Contender, Cost, NotOffered, compete, medians, orders, ratio


def nothing() -> None:
    """Wait for nothing."""


def silence(_text: str) -> None:
    """Tell nobody."""


def test_contenders_take_turns_in_every_round() -> None:
    """What else the machine does meets all of them: A B A B, prepared and settled before each."""
    seen: list[str] = []

    def contender(name: str) -> Contender:
        def run() -> Cost:
            seen.append(name)
            return Cost(1)

        return Contender(name, run, lambda: seen.append(f"prepare {name}"))

    both = [contender("a"), contender("b")]
    compete(both, 2, settle=lambda: seen.append("settle"), progress=silence)
    assert seen == ["prepare a", "settle", "a", "prepare b", "settle", "b"] * 2


@pytest.mark.parametrize("count", range(3, 8))
def test_each_of_many_follows_each_other_equally_often(count: int) -> None:
    """What one leaves behind is not always the same one's burden, and each runs once a round."""
    turns = orders(count)
    assert all(sorted(order) == list(range(count)) for order in turns)
    followed = Counter(pair for order in turns for pair in pairwise(order))
    assert len(followed) == count * (count - 1)
    assert len(set(followed.values())) == 1


def test_many_run_in_those_orders() -> None:
    """Round by round, and from the first order again after the last."""
    seen: list[int] = []

    def contender(number: int) -> Contender:
        def run() -> Cost:
            seen.append(number)
            return Cost(1)

        return Contender(str(number), run)

    compete([contender(number) for number in range(4)], 5, settle=nothing, progress=silence)
    turns = orders(4)
    assert seen == [*chain.from_iterable(turns), *turns[0]]


def test_the_median_of_the_rounds_counts() -> None:
    """One slow round changes nothing."""
    times: Iterator[float] = iter([1.0, 50.0, 2.0])
    costs = compete(
        [Contender("a", lambda: Cost(next(times)))], 3, settle=nothing, progress=silence
    )
    assert costs["a"].seconds == 2.0


def test_who_does_not_offer_the_work_is_left_out() -> None:
    """A feature that is missing is no result, and does not keep the others from theirs."""
    told: list[str] = []

    def run() -> Cost:
        raise NotOffered("it is answered 405")

    costs = compete(
        [Contender("a", run), Contender("b", lambda: Cost(1))],
        2,
        settle=nothing,
        progress=told.append,
    )
    assert list(costs) == ["b"]
    assert told[0] == "a: it is answered 405"
    assert ratio(costs, "a", "b") is None


def test_of_memory_and_files_the_worst_run_counts() -> None:
    """A peak is a peak, while processor time is a median; what was not measured stays unknown."""
    runs = [Cost(1, cpu_seconds=1, memory_mb=80), Cost(3, cpu_seconds=5, memory_mb=90), Cost(2)]
    assert medians(runs) == Cost(2, cpu_seconds=3, memory_mb=90)


def test_a_ratio_says_how_many_times_as_long() -> None:
    """Of A to B."""
    assert ratio({"a": Cost(6), "b": Cost(2)}, "a", "b") == 3
