"""Reads that are wanted at the same moment are one read."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chassis.errors import StoreUnavailable
from chassis.mongo.batching import BatchedReads
from tests.waiting import wait_for

Gather = Callable[[Callable[[], None]], None]


@pytest.fixture
def while_gathering(monkeypatch: pytest.MonkeyPatch) -> Gather:
    """Has a function called once, at the moment at which a first reader lets others join."""

    def arrange(called: Callable[[], None]) -> None:
        calls = iter([called])
        monkeypatch.setattr("chassis.mongo.batching.sleep", lambda _: next(calls, _nothing)())

    return arrange


def _nothing() -> None:
    pass


class Store:
    """Documents that hold their own id; all but `missing` are there."""

    def __init__(self) -> None:
        self.read: list[set[str]] = []
        self.away = False
        self.reads = BatchedReads(self._find)

    def _find(self, keys: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        self.read.append(set(keys))
        if self.away:
            raise StoreUnavailable("It is away.")
        return {key: {"_id": key} for key in keys if key != "missing"}

    def joined(self, *keys: str) -> bool:
        """Whether somebody waits for each of these."""
        batch = self.reads._gathering  # noqa: SLF001 - to know when the others have joined
        return batch is not None and batch.keys >= set(keys)


def test_one_read_answers_all_who_ask_meanwhile(while_gathering: Gather) -> None:
    """Each gets the document of its own, or None where there is none."""
    store = Store()
    with ThreadPoolExecutor() as pool:
        others: dict[str, Any] = {}

        def ask() -> None:
            others.update({key: pool.submit(store.reads.get, key) for key in ("b", "c", "missing")})
            wait_for(lambda: store.joined("b", "c", "missing"))

        while_gathering(ask)
        assert store.reads.get("a") == {"_id": "a"}
        found = {key: asked.result(60) for key, asked in others.items()}
    assert found == {"b": {"_id": "b"}, "c": {"_id": "c"}, "missing": None}
    assert store.read == [{"a", "b", "c", "missing"}]


def test_a_read_that_has_begun_answers_nobody_who_comes_later() -> None:
    """Whoever asks after a change sees it: the read under way may not have."""
    store = Store()
    began: list[set[str]] = []
    find = store.reads._read  # noqa: SLF001 - to ask while it is under way

    def find_and_ask(keys: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        began.append(set(keys))
        if len(began) == 1:
            assert store.reads.get("a") == {"_id": "a"}
        return find(keys)

    store.reads = BatchedReads(find_and_ask)
    assert store.reads.get("a") == {"_id": "a"}
    assert began == [{"a"}, {"a"}]


def test_all_are_told_that_the_store_is_away(while_gathering: Gather) -> None:
    """Nobody waits for a read that failed; the next one is tried anew."""
    store = Store()
    store.away = True
    with ThreadPoolExecutor() as pool:
        others: list[Any] = []

        def ask() -> None:
            others.append(pool.submit(store.reads.get, "b"))
            wait_for(lambda: store.joined("b"))

        while_gathering(ask)
        for reading in (lambda: store.reads.get("a"), lambda: others[0].result(60)):
            with pytest.raises(StoreUnavailable) as caught:
                reading()
            assert caught.value.detail == "It is away."
    store.away = False
    assert store.reads.get("b") == {"_id": "b"}


def test_one_that_is_killed_leaves_nobody_waiting(while_gathering: Gather) -> None:
    """Those who relied on its read are told that there is none."""
    store = Store()
    with ThreadPoolExecutor() as pool:
        others: list[Any] = []

        def ask() -> None:
            others.append(pool.submit(store.reads.get, "b"))
            wait_for(lambda: store.joined("b"))
            raise SystemExit

        while_gathering(ask)
        with pytest.raises(SystemExit):
            store.reads.get("a")
        with pytest.raises(StoreUnavailable):
            others[0].result(60)
    assert store.reads.get("b") == {"_id": "b"}
