"""The message that inserts chunks is the one that the driver would have sent."""

import random
import struct
from typing import Any

import bson
import pytest
from bson import ObjectId

from chassis.mongo.insertion import insert_message

HEADER = struct.Struct("<iiiiI")
MIB = 1 << 20
COMMAND = {"insert": "fs.chunks", "ordered": False, "writeConcern": {"w": 1}}


@pytest.mark.parametrize("sizes", [[0], [1], [16 * 1024], [MIB], [MIB, MIB, 5, MIB + 17]])
def test_the_parts_are_one_message_with_whole_documents(sizes: list[int]) -> None:
    """Together they are an OP_MSG of a body and a sequence, whose documents are BSON's own."""
    dice = random.Random(1)
    chunks: list[dict[str, Any]] = [
        {"_id": ObjectId(), "files_id": ObjectId(), "n": number, "data": dice.randbytes(size)}
        for number, size in enumerate(sizes)
    ]
    sent = b"".join(insert_message("videos", COMMAND, chunks, 77))
    assert HEADER.unpack_from(sent) == (len(sent), 77, 0, 2013, 0)
    body = bson.encode({**COMMAND, "$db": "videos"})
    documents = b"documents\x00" + b"".join(map(bson.encode, chunks))
    sequence = b"\x01" + struct.pack("<i", 4 + len(documents)) + documents
    assert sent[HEADER.size :] == b"\x00" + body + sequence


def test_data_is_not_copied() -> None:
    """All but the first bytes of a chunk are sent from where they are."""
    data = bytes(MIB)
    parts = list(insert_message("videos", COMMAND, [{"n": 0, "data": data}], 1))
    views = [part for part in parts if isinstance(part, memoryview)]
    assert [view.obj is data for view in views] == [True]
    assert sum(len(part) for part in parts) - len(views[0]) < MIB // 32
