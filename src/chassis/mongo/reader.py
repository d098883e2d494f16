"""Reading a GridFS file anywhere, each chunk fetched about once.

The driver's GridOut restarts a large read at each seek; a demuxer seeks all the time. This reader
keeps the chunks that were read last, and once it is read in order it reads ahead from a thread.
"""

from collections import OrderedDict
from collections.abc import Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any, Final, Self

from bson import ObjectId
from bson.errors import InvalidId
from pymongo.collection import Collection
from pymongo.database import Database

from chassis.errors import MediaMissing, ServiceError
from chassis.mongo.client import store_errors
from chassis.mongo.writer import chunk_data

_CACHE_BYTES: Final = 8 << 20
_AHEAD_BYTES: Final = 4 << 20
_SKIP_CHUNKS: Final = 2

Document = dict[str, Any]


class GridFsReader:
    """See chassis.ports.MediaReader. For one thread; memory: about 16 MB whatever the file."""

    def __init__(self, database: Database[Document], media_id: str) -> None:
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
        self._cached_chunks = max(2, _CACHE_BYTES // self._chunk_bytes)
        self._ahead: _ReadAhead | None = None
        self._last = -2

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
                data = ahead.take()[skipped : skipped + left]
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _chunk(self, number: int) -> bytes:
        data = self._cache.get(number)
        if data is None:
            data = self._fetch(number)
            self._cache[number] = data
            if len(self._cache) > self._cached_chunks:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(number)
        self._last = number
        return data

    def _fetch(self, number: int) -> bytes:
        if self._ahead and not 0 <= number - self._ahead.next <= _SKIP_CHUNKS:
            self._ahead.stop()
            self._ahead = None
        if self._ahead is None:
            if number != self._last + 1:
                return self._one(number)
            self._ahead = self._read_ahead(number, -(-self.size // self._chunk_bytes))
        while self._ahead.next < number:
            self._ahead.take()
        return self._ahead.take()

    def _one(self, number: int) -> bytes:
        with store_errors():
            found = self._chunks.find_one({"files_id": self._key, "n": number}, {"data": 1})
        if found is None:
            raise MediaMissing(self._media_id)
        data: bytes = found["data"]
        return data

    def _read_ahead(self, first: int, stop: int) -> "_ReadAhead":
        waiting = max(1, _AHEAD_BYTES // self._chunk_bytes)
        return _ReadAhead(self._chunks, self._media_id, first, stop, waiting)


class _ReadAhead:
    """Chunks in order, fetched by a thread that stays a bounded number of chunks ahead."""

    def __init__(
        self, chunks: Collection[Document], media_id: str, first: int, stop: int, waiting: int
    ) -> None:
        self.next = first
        self._media_id = media_id
        self._stop = stop
        self._chunks = chunks
        self._fetched: Queue[bytes | ServiceError] = Queue(waiting)
        self._stopped = Event()
        Thread(target=self._run, args=(first,), name="gridfs-reader", daemon=True).start()

    def take(self) -> bytes:
        """The next chunk; raises MediaMissing when it is not there."""
        fetched = self._fetched.get()
        if isinstance(fetched, ServiceError):
            self._put(fetched)
            raise fetched
        self.next += 1
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
