"""Chunks are inserted by the message that the driver would have sent; else the driver does it."""

import random
import struct
from typing import Any, cast

import bson
import pytest
from bson import ObjectId
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, BulkWriteError, NetworkTimeout

from chassis.mongo import insertion
from chassis.mongo.insertion import insert_chunks, insert_message

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
    """It is sent from where it is."""
    data = bytes(MIB)
    parts = list(insert_message("videos", COMMAND, [{"n": 0, "data": data}], 1))
    assert [part is data for part in parts] == [False, True, False]
    assert sum(len(part) for part in parts) - len(data) < MIB // 32


class Driver:
    """A collection whose `insert_many` answers for each document with one of `codes`, if any."""

    def __init__(self, *codes: int) -> None:
        self._codes = codes
        self.asked = 0

    def insert_many(self, chunks: list[dict[str, Any]], *, ordered: bool) -> None:
        """See Collection; like the real one it takes no views."""
        assert not ordered
        assert [bson.encode(chunk) for chunk in chunks]
        self.asked += 1
        if self._codes:
            errors = [{"code": code} for code in self._codes]
            raise BulkWriteError({"writeErrors": errors, "writeConcernErrors": []})

    def insert(self) -> None:
        """Two chunks."""
        chunks = [{"n": number, "data": memoryview(b"data")} for number in range(2)]
        insert_chunks(cast(Collection[dict[str, Any]], self), chunks)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """How the first try ends."""

    def set_answer(result: bool | Exception) -> None:
        def ended(*_: object) -> bool:
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(insertion, "_insert", ended)

    return set_answer


@pytest.mark.parametrize("result", [False, AutoReconnect("broken")])
def test_the_driver_does_what_failed(answer: Any, result: bool | Exception) -> None:
    """Chunks that had arrived before the connection broke are no error; any other error is."""
    answer(result)
    for driver in (Driver(), Driver(11000), Driver(11000, 11000)):
        driver.insert()
        assert driver.asked == 1
    with pytest.raises(BulkWriteError):
        Driver(11000, 14031).insert()


def test_what_worked_or_hangs_is_not_done_again(answer: Any) -> None:
    """The driver is not asked: nobody waits twice for a store that does not answer."""
    driver = Driver()
    answer(True)
    driver.insert()
    answer(NetworkTimeout("silence"))
    with pytest.raises(NetworkTimeout):
        driver.insert()
    assert driver.asked == 0
