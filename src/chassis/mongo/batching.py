"""Reads that are wanted while another one is under way are one read, as in Facebook's DataLoader.

A read of eight documents costs the driver and MongoDB hardly more than a read of one. The busier a
server is, the more requests come while a read is under way, and the less each of them costs.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from time import sleep
from typing import Any, Final

from chassis.errors import StoreUnavailable

Document = Mapping[str, Any]

PATIENCE_SECONDS: Final = 0.005
"""How long a read waits for the one under way: a store that hangs holds up nobody else for long."""


class BatchedReads:
    """Reads documents by their ids; no read begins before what it answers was asked."""

    def __init__(self, read: Callable[[Collection[str]], Mapping[str, Document]]) -> None:
        """`read` gives those of the documents that exist, by id; raises StoreUnavailable."""
        self._read = read
        self._lock = Lock()
        self._gathering: _Batch | None = None
        self._under_way = Event()
        self._under_way.set()

    def get(self, key: str) -> Document | None:
        """The document with that id, or None; raises StoreUnavailable."""
        with self._lock:
            batch = self._gathering
            leads = batch is None
            if batch is None:
                batch = self._gathering = _Batch()
            batch.keys.add(key)
        if leads:
            self._lead(batch)
        else:
            batch.over.wait()
        if batch.found is None:
            raise StoreUnavailable(batch.failure)
        return batch.found.get(key)

    def _lead(self, batch: "_Batch") -> None:
        try:
            self._gather()
            self._under_way = batch.over
            batch.found = self._read(batch.keys)
        except StoreUnavailable as error:
            batch.failure = error.detail
            raise
        finally:
            batch.over.set()

    def _gather(self) -> None:
        try:
            self._under_way.wait(PATIENCE_SECONDS)
            sleep(0)  # whoever else is about to ask does so now
        finally:
            with self._lock:
                self._gathering = None


@dataclass(slots=True)
class _Batch:
    keys: set[str] = field(default_factory=set)
    over: Event = field(default_factory=Event)
    found: Mapping[str, Document] | None = None
    failure: str = "The read was given up."
