"""Inserting the chunks of a file without a copy of their data.

The driver copies each document several times before it sends it, which costs more processor time
than to send it. Here the same message is sent in parts, the data of a chunk as it is, over a
connection of the driver's own pool; whatever goes wrong is left to the driver. Sources: OP_MSG
(https://github.com/mongodb/specifications, source/message/OP_MSG.md), https://bsonspec.org.
"""

import struct
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Final

import bson
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, ConnectionFailure, NetworkTimeout

from chassis.mongo.sending import send_parts

Document = dict[str, Any]

_HEADER: Final = struct.Struct("<iiiiI")  # length, request, response to, operation, flags
_SIZE: Final = struct.Struct("<i")
_BINARY: Final = struct.Struct("<iB")  # length, subtype
_OP_MSG: Final = 2013
_BODY, _SEQUENCE = b"\x00", b"\x01"
_DOCUMENTS: Final = b"documents\x00"
_DATA: Final = b"\x05data\x00"  # a binary value of that name
_END: Final = b"\x00"
_MOST_REQUESTS: Final = 1 << 31
_DUPLICATE_KEY: Final = 11_000

_requests = count(1)


def insert_chunks(collection: Collection[Document], chunks: Sequence[Document]) -> None:
    """Insert GridFS chunks in any order; raises PyMongoError.

    Where a connection breaks, they are inserted once more: those that had arrived are there then.
    """
    try:
        if _insert(collection, chunks):
            return
    except NetworkTimeout:
        raise
    except ConnectionFailure:
        # The driver finds the new primary, or says what is wrong.
        pass
    try:
        collection.insert_many(
            [{**chunk, "data": bytes(chunk["data"])} for chunk in chunks], ordered=False
        )
    except BulkWriteError as error:
        details = error.details or {}
        errors = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
        if any(one["code"] != _DUPLICATE_KEY for one in errors):
            raise


def insert_message(
    database: str, command: Document, chunks: Sequence[Document], request: int
) -> Iterator[bytes | memoryview]:
    """The parts of an insert `command` for the documents `chunks`, bytes or a view as `data`."""
    body = _BODY + bson.encode({**command, "$db": database})
    heads = [_head_of(chunk) for chunk in chunks]
    documents = sum(map(len, heads)) + sum(len(chunk["data"]) + len(_END) for chunk in chunks)
    sequence = _SIZE.size + len(_DOCUMENTS) + documents
    length = _HEADER.size + len(body) + len(_SEQUENCE) + sequence
    before = _HEADER.pack(length, request, 0, _OP_MSG, 0) + body
    before += _SEQUENCE + _SIZE.pack(sequence) + _DOCUMENTS
    for head, chunk in zip(heads, chunks, strict=True):
        yield before + head
        yield chunk["data"]
        before = _END
    yield before


def _head_of(chunk: Document) -> bytes:
    """A chunk as BSON, up to the bytes of its `data`, which comes last in it."""
    size = len(chunk["data"])
    fields = bson.encode({name: value for name, value in chunk.items() if name != "data"})
    head = fields[_SIZE.size : -len(_END)] + _DATA + _BINARY.pack(size, 0)
    return _SIZE.pack(_SIZE.size + len(head) + size + len(_END)) + head


def _insert(collection: Collection[Document], chunks: Sequence[Document]) -> bool:
    """Whether all of them were inserted; raises ConnectionFailure."""
    database = collection.database
    command = {
        "insert": collection.name,
        "ordered": False,
        "writeConcern": collection.write_concern.document,
    }
    request = next(_requests) % _MOST_REQUESTS
    # Made before anything is sent: nothing can fail between two parts then but the connection.
    parts = list(insert_message(database.name, command, chunks, request))
    with database.client._conn_for_writes(None, "insert") as connection:  # noqa: SLF001 - it offers no other way
        send_parts(connection, parts)
        answer = connection.receive_message(request).command_response(collection.codec_options)
    whole = answer["ok"] == 1 and answer.get("n") == len(chunks)
    return bool(whole and "writeConcernError" not in answer)
