"""Reading a GridFS file anywhere, each chunk fetched about once.

The driver's GridOut restarts a large read at each seek; a demuxer seeks all the time. This reader
keeps the chunks that were read last, and the file's first and last one, to which demuxers come
back. Once it is read in order it reads ahead from a thread, which outlives a look at another place.
"""

from collections import OrderedDict
from collections.abc import Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import monotonic
from typing import Any, Final, Self

from bson import ObjectId
from bson.errors import InvalidId
from pymongo.collection import Collection
from pymongo.database import Database

from chassis.errors import MediaMissing, ServiceError
from chassis.mongo.client import store_errors
from chassis.mongo.writer import chunk_data

READER_BYTES: Final = 16 << 20
_CACHE_SHARE: Final = 2
_AHEAD_SHARE: Final = 4  # as much again may be on its way from the server
_SKIP_CHUNKS: Final = 2
_ORDERLY_CHUNKS: Final = 2  # what is read in order goes on like that
_FEW_CHUNKS: Final = 4  # a file of no more is read at once: nearly all of it is wanted anyway
_IDLE_SECONDS: Final = 60.0  # MongoDB forgets a cursor after ten minutes

Document = dict[str, Any]


class GridFsReader:
    """See chassis.ports.MediaReader. For one thread; memory: `memory_bytes`, whatever the file."""

    def __init__(
        self, database: Database[Document], media_id: str, memory_bytes: int = READER_BYTES
    ) -> None:
        try:
            self._key = ObjectId(media_id)
        except InvalidId as error:
            raise MediaMissing(media_id) from error
        with store_errors():
            file = database["fs.files"].find_one({"_id": self._key})
        if file is None:
            raise MediaMissing(media_id)
        self._media_id = media_id
        self._chunks = database["fs.chunks"]
        self.size: int = file["length"]
        self._chunk_bytes: int = file["chunkSize"]
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._kept: dict[int, bytes] = {}
        self._count = -(-self.size // self._chunk_bytes)
        self._cached_chunks = max(2, memory_bytes // _CACHE_SHARE // self._chunk_bytes - 2)
        self._ahead_chunks = max(1, memory_bytes // _AHEAD_SHARE // self._chunk_bytes)
        self._ahead: _ReadAhead | None = None
        self._last = -1
        self._orderly = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """See MediaReader."""
        if offset >= self.size or length <= 0:
            return b""
        number, start = divmod(offset, self._chunk_bytes)
        return self._chunk(number)[start : start + length]

    def stream(self, start: int, stop: int) -> Iterator[bytes]:
        """See MediaReader."""
        first, skipped = divmod(start, self._chunk_bytes)
        left = min(stop, self.size) - start
        if left <= 0:
            return
        ahead = self._read_ahead(first, -(-stop // self._chunk_bytes))
        try:
            while left:
                data = ahead.take(first)[skipped : skipped + left]
                first += 1
                skipped = 0
                left -= len(data)
                yield data
        finally:
            ahead.stop()

    def close(self) -> None:
        """See MediaReader."""
        if self._ahead:
            self._ahead.stop()
            self._ahead = None
        self._cache.clear()
        self._kept.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _chunk(self, number: int) -> bytes:
        data = self._kept.get(number) or self._cache.get(number)
        if data is None and self._count <= _FEW_CHUNKS:
            return self._all()[number]
        if data is None:
            data = self._fetch(number)
            self._keep(number, data)
        elif number in self._cache:
            self._cache.move_to_end(number)
        return data

    def _keep(self, number: int, data: bytes) -> None:
        if number in (0, self._count - 1):
            self._kept[number] = data
        else:
            self._cache[number] = data
        if len(self._cache) > self._cached_chunks:
            self._cache.popitem(last=False)

    def _all(self) -> list[bytes]:
        with store_errors():
            found = list(chunk_data(self._chunks, self._key, 0, self._count))
        if len(found) < self._count:
            raise MediaMissing(self._media_id)
        for number, data in enumerate(found):
            self._keep(number, data)
        return found

    def _fetch(self, number: int) -> bytes:
        self._orderly = self._orderly + 1 if number == self._last + 1 else 0
        self._last = number
        ahead = self._ahead
        if ahead is None or not ahead.is_near(number):
            if self._orderly < _ORDERLY_CHUNKS:
                return self._one(number)
            if ahead:
                ahead.stop()
            stop = self._count - 1 if self._count - 1 in self._kept else self._count
            ahead = self._ahead = self._read_ahead(number, stop)
        return ahead.take(number)

    def _one(self, number: int) -> bytes:
        with store_errors():
            found = self._chunks.find_one({"files_id": self._key, "n": number})
        if found is None:
            raise MediaMissing(self._media_id)
        data: bytes = found["data"]
        return data

    def _read_ahead(self, first: int, stop: int) -> "_ReadAhead":
        return _ReadAhead(self._chunks, self._media_id, first, stop, self._ahead_chunks)


class _ReadAhead:
    """Chunks in order, fetched by a thread that stays a bounded number of chunks ahead."""

    def __init__(
        self, chunks: Collection[Document], media_id: str, first: int, stop: int, waiting: int
    ) -> None:
        self._next = first
        self._used_at = monotonic()
        self._media_id = media_id
        self._stop = stop
        self._chunks = chunks
        self._fetched: Queue[bytes | ServiceError] = Queue(waiting)
        self._stopped = Event()
        Thread(target=self._run, args=(first,), name="gridfs-reader", daemon=True).start()

    def is_near(self, number: int) -> bool:
        """Whether the chunk of that number is one of the next, or the one after them."""
        is_next = 0 <= number - self._next <= _SKIP_CHUNKS and number < self._stop
        return is_next and monotonic() - self._used_at < _IDLE_SECONDS

    def take(self, number: int) -> bytes:
        """The chunk of that number, those before it are skipped; raises MediaMissing."""
        self._used_at = monotonic()
        while True:
            fetched = self._fetched.get()
            if isinstance(fetched, ServiceError):
                self._put(fetched)
                raise fetched
            self._next += 1
            if self._next > number:
                return fetched

    def stop(self) -> None:
        """Let the thread end."""
        self._stopped.set()
        try:
            self._fetched.get_nowait()
        except Empty:
            return

    def _run(self, first: int) -> None:
        try:
            with store_errors():
                for data in chunk_data(self._chunks, ObjectId(self._media_id), first, self._stop):
                    if not self._put(data):
                        return
        except ServiceError as error:
            self._put(error)
        else:
            self._put(MediaMissing(self._media_id))

    def _put(self, fetched: bytes | ServiceError) -> bool:
        while not self._stopped.is_set():
            try:
                self._fetched.put(fetched, timeout=1)
            except Full:
                continue
            return True
        return False
