"""Inserting the chunks of a file while further ones arrive, in bounded memory."""

from queue import Empty, Queue
from threading import Semaphore, Thread
from typing import Final

from pymongo.collection import Collection

from chassis.errors import StoreUnavailable
from chassis.mongo.client import store_errors
from chassis.mongo.insertion import Document, insert_chunks

_THREADS: Final = 2
_BATCH_CHUNKS: Final = 4
_WAITING_CHUNKS: Final = 4
_CHUNKS_OF_PROCESS: Final = 32
_PATIENCE_SECONDS: Final = 20.0  # less than a lease

# All files under way share it, so that many fast senders in front of a slow store do not each hold
# as much as one may. Whoever holds a place is being stored: places come free whatever happens.
_places = Semaphore(_CHUNKS_OF_PROCESS)


class Shipper:
    """Inserts chunks from threads of its own, as many at once as have gathered meanwhile.

    The store works on one batch while it is sent the next; chunks may become visible out of order.
    It holds at most twelve of them, and all of a process together at most 32.
    """

    def __init__(self, chunks: Collection[Document]) -> None:
        self._chunks = chunks
        self._waiting: Queue[Document | None] = Queue(_WAITING_CHUNKS)
        self._error: StoreUnavailable | None = None
        self._threads: list[Thread] = []

    def put(self, chunk: Document) -> None:
        """Take a chunk over; raises StoreUnavailable, also for an earlier one."""
        if self._error:
            raise self._error
        if not self._threads or (len(self._threads) < _THREADS and not self._waiting.empty()):
            thread = Thread(target=self._ship, name="gridfs-writer", daemon=True)
            thread.start()
            self._threads.append(thread)
        _take_place()
        self._waiting.put(chunk)

    def finish(self, last: Document | None = None) -> None:
        """Wait until everything is stored, and `last` after it; raises StoreUnavailable."""
        self._join()
        if last and not self._error:
            _take_place()
            self._settle([last])
        if self._error:
            raise self._error

    def drop(self) -> None:
        """Wait for what is under way; what is not will not be stored."""
        self._error = self._error or StoreUnavailable("The file was given up.")
        self._join()

    def _join(self) -> None:
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _ship(self) -> None:
        ended = False
        while not ended:
            batch = self._gathered()
            ended = batch[-1] is None
            chunks = [chunk for chunk in batch if chunk is not None]
            if chunks:
                self._settle(chunks)

    def _gathered(self) -> list[Document | None]:
        batch = [self._waiting.get()]
        while len(batch) < _BATCH_CHUNKS and batch[-1] is not None:
            try:
                batch.append(self._waiting.get_nowait())
            except Empty:
                break
        return batch

    def _settle(self, chunks: list[Document]) -> None:
        try:
            if not self._error:
                with store_errors():
                    insert_chunks(self._chunks, chunks)
        except StoreUnavailable as error:
            self._error = error
        finally:
            _places.release(len(chunks))


def _take_place() -> None:
    if not _places.acquire(timeout=_PATIENCE_SECONDS):
        raise StoreUnavailable("The store is too slow for what is sent to it.")
