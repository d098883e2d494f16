"""Writing a GridFS file as its bytes arrive, with bounded memory.

The driver's own GridIn buffers 48 MB before it writes; this one holds at most a few chunks, ships
them in batches from a thread of its own, and hashes on the way. What it writes is GridFS as its
specification has it (https://github.com/mongodb/specifications, source/gridfs).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, Protocol, Self

from bson import ObjectId
from pymongo import WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database

from chassis.errors import StoreUnavailable
from chassis.mongo.client import store_errors
from chassis.mongo.insertion import Document
from chassis.mongo.shipper import Shipper
from chassis.ports import CHUNK_BYTES, StoredMedia, check_rewrite

_MOST_PATCH_BYTES: Final = 4 << 20
_LOST: Final = "The store lost a part of the file while it was written."
_UNHASHED_CHUNKS: Final = 8
_FETCHED_AT_ONCE: Final = 2  # larger answers no longer stay in the processor's cache


class Digest(Protocol):
    """A hash as hashlib has it; it may compute while its caller goes on."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take further bytes."""

    def hexdigest(self) -> str:
        """The hash of all of them."""


class GridFsWriter:
    """See chassis.ports.MediaWriter. Memory: what the Shipper holds, and one chunk beside it.

    A chunk that came in a larger piece keeps all of the piece until it is stored. A rewritable file
    holds another chunk and a few MiB of what is to be replaced, and keeps up to eight chunks more,
    to be hashed when the start is known; the chunks of a longer file are read again for that.
    """

    def __init__(
        self,
        database: Database[Document],
        media_id: str,
        *,
        name: str,
        content_type: str,
        rewritable: bool,
        digest: Digest,
    ) -> None:
        self.media_id = media_id
        self._name = name
        self._content_type = content_type
        self._files = database["fs.files"]
        # Chunks need no majority each: `finish` counts them before the file becomes visible.
        self._chunks = database["fs.chunks"].with_options(write_concern=WriteConcern(w=1))
        self._key = ObjectId(media_id)
        self._rewritable = rewritable
        self._sha256 = digest
        self._finished = False
        self._begin()

    def _begin(self) -> None:
        self._buffer = bytearray()
        # The first chunk of a rewritable file waits: nearly all that is replaced stands in it.
        self._held: bytearray | None = bytearray() if self._rewritable else None
        self._patches: defaultdict[int, list[tuple[int, bytes]]] = defaultdict(list)
        self._patch_bytes = 0
        self._unhashed: list[bytes | memoryview] = []
        self._count = 0
        self._size = 0
        self._shipper = Shipper(self._chunks)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See MediaWriter; raises StoreUnavailable when an earlier chunk could not be stored."""
        self._size += len(data)
        view = memoryview(data)
        while len(view) >= CHUNK_BYTES and not self._buffer and isinstance(data, bytes):
            self._emit(view[:CHUNK_BYTES])
            view = view[CHUNK_BYTES:]
        while view:
            taken = view[: CHUNK_BYTES - len(self._buffer)]
            self._buffer += taken
            view = view[len(taken) :]
            if len(self._buffer) == CHUNK_BYTES:
                self._emit_buffer()

    def rewrite(self, offset: int, data: bytes) -> None:
        """See MediaWriter; raises StoreUnavailable."""
        check_rewrite(offset, data, 0 if self._held is None else self._size)
        while data:
            number, start = divmod(offset, CHUNK_BYTES)
            piece = data[: CHUNK_BYTES - start]
            self._replace(number, start, piece)
            offset, data = offset + len(piece), data[len(piece) :]

    def _replace(self, number: int, start: int, data: bytes) -> None:
        """Replace bytes of one chunk, now or, if it is on its way into the store, later."""
        if number == self._count:
            self._buffer[start : start + len(data)] = data
        elif number == 0:
            assert self._held is not None
            self._held[start : start + len(data)] = data
        else:
            self._patches[number].append((start, data))
            self._patch_bytes += len(data)
            if self._patch_bytes > _MOST_PATCH_BYTES:
                self._patch_stored()

    def _patch_stored(self) -> None:
        self._shipper.finish()
        with store_errors():
            for number, patches in self._patches.items():
                found = self._chunks.find_one({"files_id": self._key, "n": number})
                if found is None:
                    raise StoreUnavailable(_LOST)
                patched = bytearray(found["data"])
                for start, data in patches:
                    patched[start : start + len(data)] = data
                self._chunks.update_one({"_id": found["_id"]}, {"$set": {"data": bytes(patched)}})
                if number <= len(self._unhashed):
                    self._unhashed[number - 1] = bytes(patched)
        self._patches.clear()
        self._patch_bytes = 0

    def start_over(self) -> None:
        """See MediaWriter; a rewritable file is hashed at its end only."""
        if not self._rewritable:
            raise ValueError("a file that is not rewritable cannot begin anew")
        self.abort()
        self._begin()

    def finish(self) -> StoredMedia:
        """See MediaWriter."""
        if self._buffer:
            self._emit_buffer()
        self._shipper.finish(self._chunk(0, bytes(self._held)) if self._held else None)
        self._patch_stored()
        with store_errors():
            if self._chunks.count_documents({"files_id": self._key}) != self._count:
                raise StoreUnavailable(_LOST)
            sha256 = self._sha256 if self._held is None else self._hash_behind(self._held)
            self._files.insert_one(
                {
                    "_id": self._key,
                    "length": self._size,
                    "chunkSize": CHUNK_BYTES,
                    "uploadDate": datetime.now(UTC),
                    "filename": self._name,
                    "metadata": {"contentType": self._content_type, "sha256": sha256.hexdigest()},
                }
            )
        self._finished = True
        return StoredMedia(self.media_id, self._size, sha256.hexdigest())

    def abort(self) -> None:
        """See MediaWriter."""
        self._shipper.drop()
        delete_file(self._files, self._chunks, self._key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if not self._finished:
            try:
                self.abort()
            except StoreUnavailable:
                # What is left has no job that names it: the sweeper deletes it.
                return

    def _emit_buffer(self) -> None:
        data = bytes(self._buffer)
        self._buffer.clear()
        self._emit(data)

    def _emit(self, data: bytes | memoryview) -> None:
        if self._held is not None and self._count == 0:
            self._held += data
        else:
            if self._held is None:
                self._sha256.update(data)
            elif self._count <= _UNHASHED_CHUNKS:
                self._unhashed.append(data)
            else:
                self._unhashed.clear()
            self._shipper.put(self._chunk(self._count, data))
        self._count += 1

    def _chunk(self, number: int, data: bytes | memoryview) -> Document:
        return {"_id": ObjectId(), "files_id": self._key, "n": number, "data": data}

    def _hash_behind(self, held: bytearray) -> Digest:
        """The hash of a file whose start was held back: only now is it known."""
        self._sha256.update(bytes(held))
        behind: Iterable[bytes | memoryview] = self._unhashed
        if self._count > _UNHASHED_CHUNKS + 1:
            behind = chunk_data(self._chunks, self._key, 1, self._count)
        for data in behind:
            self._sha256.update(data)
        return self._sha256


def chunk_data(
    chunks: Collection[Document], key: ObjectId, first: int, stop: int
) -> Iterator[bytes]:
    """The data of the chunks from `first` up to `stop`, fetched a few at a time.

    It ends before a chunk that is not there.
    """
    wanted = {"files_id": key, "n": {"$gte": first, "$lt": stop}}
    # Whole documents, for MongoDB copies what it picks out of them.
    # The limit has it close its cursor by itself.
    in_order = chunks.find(wanted, sort=[("n", 1)], limit=stop - first, batch_size=_FETCHED_AT_ONCE)
    with in_order as found:
        for number, document in enumerate(found, first):
            if document["n"] != number:
                return
            yield document["data"]


def delete_file(files: Collection[Document], chunks: Collection[Document], key: ObjectId) -> None:
    """Delete a file and its chunks, whichever are there.

    What a crash of the store brings back is named by no job: the sweeper deletes it again.
    """
    unhurried = WriteConcern(w=1, j=False)
    with store_errors():
        files.with_options(write_concern=unhurried).delete_one({"_id": key})
        chunks.with_options(write_concern=unhurried).delete_many({"files_id": key})
