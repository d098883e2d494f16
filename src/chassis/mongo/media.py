"""Files in one GridFS database."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from bson import ObjectId
from pymongo import ASCENDING, IndexModel
from pymongo.errors import OperationFailure

from chassis.mongo.client import Client, store_errors
from chassis.mongo.following import FollowingReader
from chassis.mongo.reader import READER_BYTES, GridFsReader
from chassis.mongo.writer import Digest, GridFsWriter, delete_file

VIDEOS: Final = "videos"
MP3S: Final = "mp3s"
UNCOMPRESSED: Final = {"wiredTiger": {"configString": "block_compressor=none"}}


class GridFsMediaStore:
    """See chassis.ports.MediaStore; `database` is VIDEOS or MP3S.

    Each reader takes `reader_bytes` of memory, and no more than one chunk beyond.
    """

    def __init__(
        self,
        client: Client,
        database: str,
        reader_bytes: int = READER_BYTES,
        new_sha256: Callable[[], Digest] = hashlib.sha256,
    ) -> None:
        self._new_sha256 = new_sha256
        self._reader_bytes = reader_bytes
        self._database = client[database]
        self._files = self._database["fs.files"]
        self._chunks = self._database["fs.chunks"]

    def prepare(self) -> None:
        """Create what the GridFS specification asks for, where it is missing; safe to repeat."""
        with store_errors():
            self._create_chunks()
            by_name = IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)])
            by_number = IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)
            self._files.create_indexes([by_name])
            self._chunks.create_indexes([by_number])

    def _create_chunks(self) -> None:
        """Create the collection of the chunks, stored as they are: media is compressed already.

        Where it is there, or the server has another storage engine, it is as it is.
        """
        with suppress(OperationFailure):
            self._database.create_collection(
                self._chunks.name, check_exists=False, storageEngine=UNCOMPRESSED
            )

    def new_id(self) -> str:
        """See MediaStore."""
        return str(ObjectId())

    def writer(
        self, media_id: str, *, name: str, content_type: str, rewritable: bool = False
    ) -> GridFsWriter:
        """See MediaStore."""
        return GridFsWriter(
            self._database,
            media_id,
            name=name,
            content_type=content_type,
            rewritable=rewritable,
            digest=self._new_sha256(),
        )

    def open(self, media_id: str) -> GridFsReader:
        """See MediaStore."""
        return GridFsReader(self._database, media_id, self._reader_bytes)

    def follow(self, media_id: str, whole: Callable[[], int | None]) -> FollowingReader:
        """See MediaStore."""
        return FollowingReader(self._database, media_id, whole, self._reader_bytes)

    def delete(self, media_id: str) -> None:
        """See MediaStore."""
        delete_file(self._files, self._chunks, ObjectId(media_id))

    def media_ids(self, after: str | None, limit: int) -> list[str]:
        """See MediaStore."""
        start = ObjectId(after) if after else ObjectId("0" * 24)
        with store_errors():
            found = self._files.find({"_id": {"$gt": start}}, {"_id": 1}).sort("_id", 1)
            ids = {file["_id"] for file in found.limit(limit)}
            ids.update(self._ids_of_chunks(start, limit))
        return [str(media_id) for media_id in sorted(ids)[:limit]]

    def _ids_of_chunks(self, start: ObjectId, limit: int) -> list[ObjectId]:
        """Hop along the index from file to file: the chunks themselves are never read."""
        ids: list[ObjectId] = []
        hop: dict[str, Any] = {"projection": {"_id": 0, "files_id": 1}, "sort": [("files_id", 1)]}
        while len(ids) < limit:
            last = ids[-1] if ids else start
            found = self._chunks.find_one({"files_id": {"$gt": last}}, **hop)
            if found is None:
                break
            ids.append(found["files_id"])
        return ids
