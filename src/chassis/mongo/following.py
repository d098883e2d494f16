"""Reading a GridFS file while it is written: who comes to the end of what is there waits."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any, Final, Self

from bson import ObjectId
from pymongo.database import Database

from chassis.mongo.client import store_errors
from chassis.mongo.reader import READER_BYTES, GridFsReader
from chassis.ports import CHUNK_BYTES

_FETCHED_CHUNKS: Final = 4
_SHORTEST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.25
_PAUSE_SHARE: Final = 0.05  # of the time waited up to now

Document = dict[str, Any]


class FollowingReader:
    """See chassis.ports.FollowingReader. For one thread; memory: `memory_bytes`."""

    def __init__(
        self,
        database: Database[Document],
        media_id: str,
        whole: Callable[[], int | None],
        memory_bytes: int = READER_BYTES,
    ) -> None:
        self._database = database
        self._media_id = media_id
        self._key = ObjectId(media_id)
        self._chunks = database["fs.chunks"]
        self._whole = whole
        self._reader: GridFsReader | None = None
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._memory_bytes = memory_bytes
        self._cached_chunks = max(_FETCHED_CHUNKS, memory_bytes // 2 // CHUNK_BYTES)
        self._last = -1

    @property
    def size(self) -> int:
        """See FollowingReader."""
        began = monotonic()
        while not self._is_whole():
            _pause(began)
        assert self._reader is not None
        return self._reader.size

    def read_at(self, offset: int, length: int) -> bytes:
        """See FollowingReader."""
        if length <= 0:
            return b""
        number, start = divmod(offset, CHUNK_BYTES)
        data = self._cache.get(number) or self._awaited(number)
        if data is None:
            assert self._reader is not None
            return self._reader.read_at(offset, length)
        self._last = number
        return data[start : start + length]

    def close(self) -> None:
        """See FollowingReader."""
        self._cache.clear()
        if self._reader:
            self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _awaited(self, number: int) -> bytes | None:
        """The chunk of that number as soon as it is there; None once the file is whole."""
        began = monotonic()
        while self._reader is None:
            self._fetch(number)
            if number in self._cache:
                return self._cache[number]
            if not self._is_whole():
                _pause(began)
        return None

    def _fetch(self, number: int) -> None:
        """Take the chunk of that number, and those behind it if the file is read in order.

        Chunks arrive in any order: one after a gap is left for later.
        """
        stop = number + (_FETCHED_CHUNKS if number == self._last + 1 else 1)
        wanted = {"files_id": self._key, "n": {"$gte": number, "$lt": stop}}
        with store_errors():
            found = self._chunks.find(wanted, sort=[("n", 1)])
            for expected, document in enumerate(found, number):
                if document["n"] != expected:
                    return
                self._cache[expected] = document["data"]
                if len(self._cache) > self._cached_chunks:
                    self._cache.popitem(last=False)

    def _is_whole(self) -> bool:
        if self._reader is None and self._whole() is not None:
            self._reader = GridFsReader(self._database, self._media_id, self._memory_bytes)
        return self._reader is not None


def _pause(began: float) -> None:
    """Wait a moment, longer the longer nothing came since `began`."""
    waited = monotonic() - began
    sleep(min(max(_PAUSE_SHARE * waited, _SHORTEST_PAUSE), _LONGEST_PAUSE))
