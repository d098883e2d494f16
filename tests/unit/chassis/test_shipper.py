"""What all writers of a process hold together is bounded, and none of them waits for ever."""

from collections.abc import Iterator
from threading import Event, Semaphore, Thread
from typing import Any, cast

import pytest
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from chassis.errors import StoreUnavailable
from chassis.mongo import shipper
from chassis.mongo.shipper import Shipper
from tests.waiting import wait_for

PLACES = 6


class SlowCollection:
    """Stores when it is let; `error` is what it raises instead."""

    def __init__(self) -> None:
        self.go_on = Event()
        self.error: Exception | None = None
        self.stored: list[int] = []

    def insert(self, chunks: list[dict[str, Any]]) -> None:
        """See chassis.mongo.insertion."""
        self.go_on.wait(60)
        if self.error:
            raise self.error
        self.stored += [chunk["n"] for chunk in chunks]


@pytest.fixture
def collection(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowCollection]:
    monkeypatch.setattr(shipper, "insert_chunks", SlowCollection.insert)
    slow = SlowCollection()
    yield slow
    slow.go_on.set()


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch) -> Semaphore:
    few = Semaphore(PLACES)
    monkeypatch.setattr(shipper, "_places", few)
    return few


class Sender:
    """Somebody who puts `count` chunks as fast as may be."""

    def __init__(self, collection: SlowCollection, count: int) -> None:
        self.shipper = Shipper(cast(Collection[dict[str, Any]], collection))
        self.taken = 0
        self.error: StoreUnavailable | None = None
        self._count = count
        self._thread = Thread(target=self._send)
        self._thread.start()

    def end(self) -> None:
        """Wait for it."""
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _send(self) -> None:
        try:
            for number in range(self._count):
                self.shipper.put({"n": number})
                self.taken += 1
            self.shipper.finish()
        except StoreUnavailable as error:
            self.error = error
            self.shipper.drop()


def test_all_writers_share_one_bound(collection: SlowCollection, places: Semaphore) -> None:
    """In front of a store that stands still they hold so many chunks together; all end well."""
    senders = [Sender(collection, 20) for _ in range(5)]
    wait_for(lambda: sum(sender.taken for sender in senders) == PLACES)
    collection.go_on.set()
    for sender in senders:
        sender.end()
        assert sender.error is None
    assert sorted(collection.stored) == sorted(list(range(20)) * 5)
    assert all(places.acquire(blocking=False) for _ in range(PLACES))


def test_a_store_that_fails_gives_places_back(
    collection: SlowCollection, places: Semaphore
) -> None:
    """Each writer is told, and nothing of the bound is lost."""
    collection.error = AutoReconnect("gone")
    senders = [Sender(collection, 20) for _ in range(5)]
    collection.go_on.set()
    for sender in senders:
        sender.end()
        assert sender.error is not None
    assert all(places.acquire(blocking=False) for _ in range(PLACES))


def test_nobody_waits_for_a_place_for_ever(
    collection: SlowCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that gets no place in time is told that the store is too slow."""
    monkeypatch.setattr(shipper, "_PATIENCE_SECONDS", 0.1)
    first = Shipper(cast(Collection[dict[str, Any]], collection))
    for number in range(PLACES // 2):
        first.put({"n": number})
    second = Shipper(cast(Collection[dict[str, Any]], collection))
    for number in range(PLACES - PLACES // 2):
        second.put({"n": number})
    with pytest.raises(StoreUnavailable, match="too slow"):
        Shipper(cast(Collection[dict[str, Any]], collection)).put({"n": 0})
