"""Reads that are wanted at the same moment are one read, as in Facebook's DataLoader.

A read of eight documents costs the driver hardly more than a read of one, and a server that is busy
has many requests ready at the same moment: so the busier it is, the less each of them costs.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from time import sleep
from typing import Any

from chassis.errors import StoreUnavailable

Document = Mapping[str, Any]


class BatchedReads:
    """Reads documents by their ids; no read begins before what it answers was asked."""

    def __init__(self, read: Callable[[Collection[str]], Mapping[str, Document]]) -> None:
        """`read` gives those of the documents that exist, by id; raises StoreUnavailable."""
        self._read = read
        self._lock = Lock()
        self._gathering: _Batch | None = None

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
            batch.found = self._read(batch.keys)
        except StoreUnavailable as error:
            batch.failure = error.detail
            raise
        finally:
            batch.over.set()

    def _gather(self) -> None:
        try:
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
