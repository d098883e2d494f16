"""The cache of what links led to, in MongoDB; see chassis.media_cache.

Documents whose time is over are deleted by MongoDB itself (TTL indexes), within about a minute.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from chassis.jobs import now_utc
from chassis.media_cache import AskedSite, CachedContent, CachedLink
from chassis.mongo.client import Client, store_errors
from chassis.mongo.jobs import CACHED_CONTENT

_LINK: Final = TypeAdapter(CachedLink)
_CONTENT: Final = TypeAdapter(CachedContent)
_ASKED: Final = TypeAdapter(AskedSite)
_Entry = TypeVar("_Entry")

_AT_ITS_TIME: Final = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)
_CONFIRMED: Final = {"confirmed": True}


class MongoMediaCache:
    """See chassis.media_cache.MediaCache; collections of the database `jobs`."""

    def __init__(self, client: Client) -> None:
        database = client["jobs"]
        self._links = database["cached_links"]
        self._content = database[CACHED_CONTENT]
        self._asked = database["asked_sites"]

    def prepare(self) -> None:
        """Create what indexes are missing; safe to repeat, also by several processes at once."""
        with store_errors():
            self._links.create_indexes([_AT_ITS_TIME])
            self._asked.create_indexes([_AT_ITS_TIME])
            self._content.create_indexes(
                [
                    IndexModel([("video_fid", ASCENDING)]),
                    # The size stands in it too, so that the sum reads the index alone.
                    IndexModel([("used_at", ASCENDING), ("size", ASCENDING)]),
                ]
            )

    def link(self, fetch_key: str) -> CachedLink | None:
        """See MediaCache."""
        with store_errors():
            found = self._links.find_one({"_id": fetch_key, "expires_at": {"$gt": now_utc()}})
        return _entry(_LINK, "fetch_key", found)

    def remember_link(self, link: CachedLink) -> None:
        """See MediaCache."""
        document = _document(_LINK, "fetch_key", link)
        with store_errors():
            self._links.replace_one({"_id": link.fetch_key}, document, upsert=True)

    def forget_link(self, fetch_key: str) -> None:
        """See MediaCache."""
        with store_errors():
            self._links.delete_one({"_id": fetch_key})

    def content(self, sha256: str) -> CachedContent | None:
        """See MediaCache."""
        with store_errors():
            return _entry(_CONTENT, "sha256", self._content.find_one({"_id": sha256, **_CONFIRMED}))

    def keep(self, content: CachedContent) -> CachedContent:
        """See MediaCache."""
        document = _document(_CONTENT, "sha256", content) | {"confirmed": False}
        unconfirmed = {"_id": content.sha256, "confirmed": False}
        while True:
            there = self.used(content.sha256, content.used_at)
            if there is not None:
                return there
            with store_errors(), suppress(DuplicateKeyError):  # it was confirmed just now
                self._content.replace_one(unconfirmed, document, upsert=True)
                return content

    def confirm(self, content: CachedContent) -> bool:
        """See MediaCache."""
        kept = {"_id": content.sha256, "video_fid": content.video_fid}
        with store_errors():
            return bool(self._content.update_one(kept, {"$set": _CONFIRMED}).matched_count)

    def used(self, sha256: str, now: datetime) -> CachedContent | None:
        """See MediaCache."""
        with store_errors():
            found = self._content.find_one_and_update(
                {"_id": sha256, **_CONFIRMED},
                {"$max": {"used_at": now}},
                return_document=ReturnDocument.AFTER,
            )
        return _entry(_CONTENT, "sha256", found)

    def remove(self, content: CachedContent) -> bool:
        """See MediaCache."""
        unchanged = {
            "_id": content.sha256,
            "video_fid": content.video_fid,
            "used_at": content.used_at,
        }
        with store_errors():
            return bool(self._content.delete_one(unchanged).deleted_count)

    def total_bytes(self) -> int:
        """See MediaCache."""
        pipeline: list[dict[str, Any]] = [
            {"$sort": {"used_at": 1}},
            {"$group": {"_id": None, "bytes": {"$sum": "$size"}}},
        ]
        with store_errors():
            found = list(self._content.aggregate(pipeline))
        return int(found[0]["bytes"]) if found else 0

    def least_recently_used(self, limit: int) -> list[CachedContent]:
        """See MediaCache."""
        with store_errors():
            found = self._content.find().sort("used_at", ASCENDING).limit(limit)
            return [_CONTENT.validate_python(_fields("sha256", document)) for document in found]

    def asked(self, key: str) -> AskedSite | None:
        """See MediaCache."""
        with store_errors():
            found = self._asked.find_one({"_id": key, "expires_at": {"$gt": now_utc()}})
        return _entry(_ASKED, "key", found)

    def remember_asked(self, asked: AskedSite) -> None:
        """See MediaCache."""
        with store_errors():
            self._asked.replace_one(
                {"_id": asked.key}, _document(_ASKED, "key", asked), upsert=True
            )


def _document(kind: TypeAdapter[_Entry], key: str, entry: _Entry) -> dict[str, Any]:
    document: dict[str, Any] = kind.dump_python(entry)
    document["_id"] = document.pop(key)
    return document


def _entry(kind: TypeAdapter[_Entry], key: str, document: dict[str, Any] | None) -> _Entry | None:
    return kind.validate_python(_fields(key, document)) if document else None


def _fields(key: str, document: dict[str, Any]) -> dict[str, Any]:
    return {key: document["_id"]} | {k: value for k, value in document.items() if k != "_id"}
