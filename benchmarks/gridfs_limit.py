"""The physical limits of uploads and downloads: bytes into and out of GridFS, with no HTTP.

Written apart from chassis.mongo on purpose, so that what slows that one down cannot lower the bar.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pymongo
from bson import ObjectId
from pymongo.collection import Collection

from benchmarks.content import Content
from benchmarks.contest import Cost
from benchmarks.costs import with_mongodb
from benchmarks.system import System

DATABASE = "limit"
CHUNK_BYTES = 1 << 20
UNCOMPRESSED = {"wiredTiger": {"configString": "block_compressor=none"}}
BATCH_CHUNKS = 8

Database = pymongo.database.Database[dict[str, Any]]


def storing_cost(system: System, content: Content) -> Cost:
    """What `store` takes in an empty database; what was stored is deleted."""
    database = system.mongo[DATABASE]
    prepare(database)
    system.settle()
    cost = with_mongodb(lambda: store(database, content), system.watch_mongodb())
    system.mongo.drop_database(database)
    return cost


def store(database: Database, content: Content) -> Cost:
    """Bytes of a local file into GridFS: one thread reads, another inserts."""
    key, started, computed = ObjectId(), time.perf_counter(), time.process_time()
    chunks = database["fs.chunks"]
    size = 0
    with ThreadPoolExecutor(1) as pool:
        under_way: Future[Any] | None = None
        for batch in _batches(content, key):
            size += sum(len(chunk["data"]) for chunk in batch)
            if under_way:
                under_way.result()
            under_way = pool.submit(chunks.insert_many, batch, ordered=False)
        if under_way:
            under_way.result()
    files = database["fs.files"].with_options(write_concern=pymongo.WriteConcern(w=1, j=True))
    uploaded = datetime.now(UTC)
    file = {"_id": key, "length": size, "chunkSize": CHUNK_BYTES, "uploadDate": uploaded}
    files.insert_one(file)
    return Cost(time.perf_counter() - started, cpu_seconds=time.process_time() - computed)


def prepare(database: Database) -> None:
    """Empty the database, and make the index that GridFS has.

    Chunks are not compressed, as ours are not: a limit that compresses them is a lower bar.
    """
    database.client.drop_database(database.name)
    database.create_collection("fs.chunks", storageEngine=UNCOMPRESSED)
    database["fs.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)


def find(chunks: Collection[dict[str, Any]], key: ObjectId, size: int) -> Cost:
    """A file of `size` bytes out of MongoDB; raises ValueError if some are missing."""
    started, computed = time.perf_counter(), time.process_time()
    # Whole documents: MongoDB copies what it picks out of them.
    found = chunks.find({"files_id": key}).sort("n", 1)
    total = sum(len(chunk["data"]) for chunk in found)
    seconds = time.perf_counter() - started
    if total != size:
        raise ValueError(f"{total} bytes were found instead of {size}")
    return Cost(seconds, cpu_seconds=time.process_time() - computed)


def _batches(content: Content, key: ObjectId) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    with content.path.open("rb", buffering=0) as file:
        for number, data in enumerate(iter(lambda: file.read(CHUNK_BYTES), b"")):
            batch.append({"_id": ObjectId(), "files_id": key, "n": number, "data": data})
            if len(batch) == BATCH_CHUNKS:
                yield batch
                batch = []
    if batch:
        yield batch
