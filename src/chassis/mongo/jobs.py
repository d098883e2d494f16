"""Jobs in MongoDB: one document each, changed by compare-and-set on its revision."""

from collections.abc import Collection as Ids
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from time import sleep
from typing import Any, Final

import structlog
from pydantic import TypeAdapter, ValidationError
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, DuplicateKeyError

from chassis.errors import StoreUnavailable
from chassis.jobs import UNFINISHED, Job, State, with_new_revision
from chassis.mongo.batching import BatchedReads
from chassis.mongo.client import Client, store_errors
from chassis.ports import COUNTED_JOBS, JobExists, KeyTaken, Move

log = structlog.get_logger(__name__)

_JOB: Final = TypeAdapter(Job)
CACHED_CONTENT: Final = "cached_content"
"""The collection of chassis.mongo.media_cache that names stored files as jobs do."""

_TEXT: Final = {"$type": "string"}
_TIME: Final = {"$type": "date"}
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MEDIA_FIELDS: Final = ("video_fid", "picture_fid", "writing_fid", "mp3_fid", "adopting")
_RECONNECT_PAUSES: Final = (0.1, 0.3, 1.0, 2.0)

INDEXES: Final = [
    IndexModel([("due_at", ASCENDING), ("_id", ASCENDING)]),
    IndexModel([("username", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("username", ASCENDING), ("state", ASCENDING)]),
    IndexModel([("state", ASCENDING), ("created_at", ASCENDING)]),
    IndexModel(
        [("state", ASCENDING), ("queued_at", ASCENDING)],
        partialFilterExpression={"state": str(State.QUEUED)},  # so it holds what waits, no more
    ),
    IndexModel(
        [("username", ASCENDING), ("idempotency_key", ASCENDING)],
        unique=True,
        partialFilterExpression={"idempotency_key": _TEXT},
    ),
    IndexModel(
        [("result_key", ASCENDING), ("state", ASCENDING), ("created_at", ASCENDING)],
        partialFilterExpression={"result_key": _TEXT},
    ),
    *(
        IndexModel([(name, ASCENDING)], unique=True, partialFilterExpression={name: _TEXT})
        for name in ("produces", "fetches")
    ),
    IndexModel(
        [("link.key", ASCENDING), ("state", ASCENDING), ("created_at", ASCENDING)],
        partialFilterExpression={"link.key": _TEXT},
    ),
    IndexModel(
        [("batch.batch_id", ASCENDING), ("batch.position", ASCENDING)],
        partialFilterExpression={"batch.batch_id": _TEXT},
    ),
    *(
        IndexModel([(name, ASCENDING)], partialFilterExpression={name: _TEXT})
        for name in _MEDIA_FIELDS
    ),
]


class MongoJobStore:
    """See chassis.ports.JobStore; the collection `jobs` of the database `jobs`."""

    def __init__(self, client: Client) -> None:
        self._jobs = client["jobs"]["jobs"]
        self._cached_content = client["jobs"][CACHED_CONTENT]
        self._reads = BatchedReads(self._by_fid)

    def prepare(self) -> None:
        """Create what indexes are missing; safe to repeat, also by several processes at once."""
        with store_errors():
            self._jobs.create_indexes(INDEXES)

    def insert(self, job: Job) -> None:
        """See JobStore."""
        with store_errors():
            try:
                self._jobs.insert_one(_to_document(job))
            except DuplicateKeyError as error:
                raise JobExists from error

    def get(self, fid: str) -> Job | None:
        """See JobStore."""
        document = self._reads.get(fid)
        return _from_document(document) if document else None

    def find_by_key(self, username: str, idempotency_key: str) -> Job | None:
        """See JobStore."""
        return self._one({"username": username, "idempotency_key": _is(idempotency_key)})

    def with_result_key(self, result_key: str, state: State, limit: int) -> list[Job]:
        """See JobStore."""
        return self._oldest_first({"result_key": _is(result_key), "state": str(state)}, limit)

    def with_link_key(self, key: str, state: State, limit: int) -> list[Job]:
        """See JobStore."""
        return self._oldest_first({"link.key": _is(key), "state": str(state)}, limit)

    def in_batch(self, batch_id: str) -> list[Job]:
        """See JobStore."""
        with store_errors():
            found = self._jobs.find({"batch.batch_id": _is(batch_id)}).sort("batch.position", 1)
            return list(_readable(found))

    def update(self, fid: str, move: Move, known: Job | None = None) -> Job | None:
        """See JobStore.

        Where the connection broke before the answer came, the job is read again: if it is what
        this call made of it, the change had been made.
        """
        intended: Job | None = None
        pauses = iter(_RECONNECT_PAUSES)
        while True:
            try:
                seen, known = known, None
                job = seen or self._one({"_id": fid})
                if job is not None and job == intended:
                    return job
                moved = move(job) if job else None
                if seen and moved is None:
                    continue
                if job is None or moved is None:
                    return None
                intended = with_new_revision(moved)
                if self._replace(job, intended):
                    return intended
            except StoreUnavailable as error:
                pause = next(pauses, None)
                if pause is None or not isinstance(error.__cause__, AutoReconnect):
                    raise
                sleep(pause)

    def remove(self, job: Job) -> bool:
        """See JobStore."""
        with store_errors():
            unchanged = {"_id": job.fid, "revision": job.revision}
            return bool(self._jobs.delete_one(unchanged).deleted_count)

    def newest(
        self, username: str | None, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[Job]:
        """See JobStore."""
        wanted: dict[str, Any] = {} if username is None else {"username": username}
        if before:
            created_at, fid = before
            wanted["$or"] = [
                {"created_at": {"$lt": created_at}},
                {"created_at": created_at, "_id": {"$lt": fid}},
            ]
        with store_errors():
            found = self._jobs.find(wanted).sort([("created_at", -1), ("_id", -1)]).limit(limit)
            return [_from_document(document) for document in found]

    def count_unfinished(self, username: str) -> int:
        """See JobStore."""
        states = [str(state) for state in UNFINISHED]
        with store_errors():
            return self._jobs.count_documents({"username": username, "state": {"$in": states}})

    def due(
        self, now: datetime, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[Job]:
        """See JobStore."""
        wanted: dict[str, Any] = {"due_at": {"$lte": now}}
        if after:
            due_at, fid = after
            wanted["$or"] = [{"due_at": {"$gt": due_at}}, {"due_at": due_at, "_id": {"$gt": fid}}]
        with store_errors():
            found = self._jobs.find(wanted).sort([("due_at", 1), ("_id", 1)]).limit(limit)
            return list(_readable(found))

    def referenced(self, media_ids: Ids[str]) -> set[str]:
        """See JobStore."""
        # A file goes from a job to the cache, or from the cache to a job, and is named by both for
        # a moment: whoever looks at jobs, cache, jobs misses neither way.
        unnamed = set(media_ids)
        for collection, fields in (
            (self._jobs, _MEDIA_FIELDS),
            (self._cached_content, ("video_fid",)),
            (self._jobs, _MEDIA_FIELDS),
        ):
            if unnamed:
                unnamed -= _named_in(collection, fields, unnamed)
        return set(media_ids) - unnamed

    def counts(self) -> dict[State, int]:
        """See JobStore."""
        with store_errors():  # each count walks along an index and reads no document
            return {
                state: self._jobs.count_documents({"state": str(state)}, limit=COUNTED_JOBS)
                for state in State
            }

    def count_waiting(self, *, whole: bool) -> int:
        """See JobStore."""
        since = {"$gte": _LONG_AGO} if whole else {"$not": {"$gte": _LONG_AGO}}
        wanted = {"state": str(State.QUEUED), "queued_at": since}
        with store_errors():
            return self._jobs.count_documents(wanted, limit=COUNTED_JOBS)

    def oldest(self, state: State) -> datetime | None:
        """See JobStore."""
        return self._least("created_at", {"state": str(state)})

    def oldest_waiting(self) -> datetime | None:
        """See JobStore."""
        return self._least("queued_at", {"state": str(State.QUEUED), "queued_at": _TIME})

    def longest_due(self) -> datetime | None:
        """See JobStore."""
        return self._least("due_at", {})

    def _least(self, field: str, wanted: dict[str, Any]) -> datetime | None:
        """The least value of an indexed field among the jobs that are wanted; None without any."""
        with store_errors():
            found = self._jobs.find_one(wanted, {field: 1, "_id": 0}, sort=[(field, ASCENDING)])
        least: datetime | None = found[field] if found else None
        return least

    def _replace(self, job: Job, successor: Job) -> bool:
        unchanged = {"_id": job.fid, "revision": job.revision}
        with store_errors():
            try:
                replaced = self._jobs.replace_one(unchanged, _to_document(successor))
            except DuplicateKeyError as error:
                raise KeyTaken from error
            return bool(replaced.modified_count)

    def _oldest_first(self, wanted: dict[str, Any], limit: int) -> list[Job]:
        with store_errors():
            found = self._jobs.find(wanted).sort([("created_at", 1), ("_id", 1)]).limit(limit)
            return list(_readable(found))

    def _by_fid(self, fids: Ids[str]) -> dict[str, dict[str, Any]]:
        with store_errors():
            found = self._jobs.find({"_id": {"$in": list(fids)}})
            return {document["_id"]: document for document in found}

    def _one(self, wanted: dict[str, Any], **options: Any) -> Job | None:
        with store_errors():
            found = self._jobs.find_one(wanted, **options)
        return _from_document(found) if found else None


def _named_in(
    collection: Collection[dict[str, Any]], fields: Sequence[str], media_ids: set[str]
) -> set[str]:
    """Those of `media_ids` that stand in one of the fields, each of which has an index."""
    in_use = {"$in": list(media_ids)} | _TEXT  # said of each field alone, as its index has it
    anywhere = {"$or": [{name: in_use} for name in fields]}
    named: set[str] = set()
    with store_errors():
        for document in collection.find(anywhere, dict.fromkeys(fields, 1) | {"_id": 0}):
            for found in document.values():
                named.update([found] if isinstance(found, str) else found or ())
    return named & media_ids


def _is(text: str) -> dict[str, Any]:
    """Equal to `text`, said so that MongoDB sees that a partial index over texts has it."""
    return {"$eq": text} | _TEXT


def _readable(documents: Iterable[dict[str, Any]]) -> Iterator[Job]:
    """Leave out, and log, what cannot be read: one bad document must not hold up all others."""
    for document in documents:
        try:
            yield _from_document(document)
        except ValidationError:
            log.exception("a job's document cannot be read", job_id=document["_id"])


def _to_document(job: Job) -> dict[str, Any]:
    document: dict[str, Any] = _JOB.dump_python(job)
    document["_id"] = document.pop("fid")
    document["state"] = str(job.state)
    return document


def _from_document(document: Mapping[str, Any]) -> Job:
    fields = {name: value for name, value in document.items() if name != "_id"}
    return _JOB.validate_python({"fid": document["_id"], **fields})
