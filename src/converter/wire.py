"""The messages between the box and the process in it: a small header, then the payload.

No pickle: what the process sends is only ever bytes, numbers and JSON. The source alone goes
another way: the box puts pieces of it into memory that both see, the window, and the process may
only read that. Through a pipe each piece would be copied once more, into pages that are new each
time.
"""

import json
import os
import struct
from enum import IntEnum
from typing import Any, Final

from chassis.ports import MAX_REWRITE_BYTES
from converter.site import MAX_PICTURE_BYTES


class Kind(IntEnum):
    """What a message is.

    To the process go START, PICTURE, DATA and SIZE, the others come from it.
    """

    START = 1  # JSON: the job
    DATA = 2  # LENGTH, the answer to READ: at least one byte is there, none at the source's end
    READ = 3  # READ_REQUEST: bytes of the source are wanted, in a place of the window
    WRITE = 4  # bytes to append to the MP3
    REWRITE = 5  # OFFSET, and bytes to put over those that were written there
    PROGRESS = 6  # PROGRESS_REPORT: how much is done, from 0 to 1
    DONE = 7  # JSON: the facts of the conversion
    FAILED = 8  # JSON: why there will be no MP3
    AWAIT_SIZE = 9  # the size of a source on its way is wanted, once its last byte has come
    SIZE = 10  # the answer to it, in bytes
    START_OVER = 11  # what was written of the MP3 is to be forgotten
    DRAWING = 12  # one byte: 1 where a cover begins to be drawn, 0 where that is done
    PICTURE = 13  # the picture of the source's site, after a START that tells of it


HEADER: Final = struct.Struct("<BI")  # kind, length of the payload in bytes
READ_REQUEST: Final = struct.Struct("<QIB")  # offset, length, number of the place
LENGTH: Final = struct.Struct("<I")
OFFSET: Final = struct.Struct("<Q")
PROGRESS_REPORT: Final = struct.Struct("<d")
SIZE: Final = struct.Struct("<Q")

MAX_READ_BYTES: Final = 1 << 20
PLACES: Final = 2
WINDOW_BYTES: Final = PLACES * MAX_READ_BYTES
_MAX_OFFSET: Final = (1 << 63) - 1  # what libavformat can count to
_MAX_DOCUMENT_BYTES: Final = 64 * 1024
_MAX_JOB_BYTES: Final = 16 << 20  # with all that a site may say of thousands of chapters
_MAX_FACTS_BYTES: Final = 1 << 19  # with a title for each of many parts

MAX_PAYLOAD: Final = {
    Kind.START: _MAX_JOB_BYTES,
    Kind.DATA: LENGTH.size,
    Kind.READ: READ_REQUEST.size,
    Kind.WRITE: 1 << 20,
    Kind.REWRITE: OFFSET.size + MAX_REWRITE_BYTES,
    Kind.PROGRESS: PROGRESS_REPORT.size,
    Kind.DONE: _MAX_FACTS_BYTES,
    Kind.FAILED: _MAX_DOCUMENT_BYTES,
    Kind.AWAIT_SIZE: 0,
    Kind.SIZE: SIZE.size,
    Kind.START_OVER: 0,
    Kind.DRAWING: 1,
    Kind.PICTURE: MAX_PICTURE_BYTES,
}


class WireError(Exception):
    """What came is no message of this protocol."""


def parse_header(header: bytes | bytearray) -> tuple[Kind, int]:
    """The kind and length that `header` announces; raises WireError."""
    number, length = HEADER.unpack(header)
    try:
        kind = Kind(number)
    except ValueError as error:
        raise WireError(f"there is no message of kind {number}") from error
    if length > MAX_PAYLOAD[kind]:
        raise WireError(f"a {kind.name} of {length} bytes is too long")
    return kind, length


def parse_read_request(payload: bytes, size: int | None) -> tuple[int, int, int]:
    """The offset and length wanted of a source of `size` bytes (None: not known), and the place.

    Raises WireError.
    """
    if len(payload) != READ_REQUEST.size:
        raise WireError("a READ is of another length")
    offset, length, place = READ_REQUEST.unpack(payload)
    if offset > (_MAX_OFFSET if size is None else size) or not 0 < length <= MAX_READ_BYTES:
        raise WireError(f"a READ of {length} bytes at {offset} is out of range")
    if place >= PLACES:
        raise WireError(f"the window has no place {place}")
    return offset, length, place


def parse_rewrite(payload: bytes, written: int) -> tuple[int, bytes]:
    """The offset and the bytes to put there, within the `written` ones; raises WireError."""
    if len(payload) < OFFSET.size:
        raise WireError("a REWRITE has no offset")
    (offset,) = OFFSET.unpack_from(payload)
    data = payload[OFFSET.size :]
    if offset + len(data) > written:
        raise WireError("a REWRITE goes beyond what was written")
    return offset, data


def parse_progress(payload: bytes) -> float:
    """The fraction reported, from 0 to 1; raises WireError."""
    if len(payload) != PROGRESS_REPORT.size:
        raise WireError("a PROGRESS is of another length")
    (fraction,) = PROGRESS_REPORT.unpack(payload)
    if not 0 <= fraction <= 1:
        raise WireError(f"a PROGRESS of {fraction} is out of range")
    return float(fraction)


def parse_drawing(payload: bytes) -> bool:
    """Whether a cover begins to be drawn; raises WireError."""
    if payload not in (b"\0", b"\1"):
        raise WireError("a DRAWING is neither begun nor done")
    return payload == b"\1"


def parse_document(payload: bytes) -> dict[str, Any]:
    """The JSON object in `payload`; raises WireError."""
    try:
        document = json.loads(payload)
    except ValueError as error:
        raise WireError("a document is not JSON") from error
    if not isinstance(document, dict):
        raise WireError("a document is not a JSON object")
    return document


def document(**fields: object) -> bytes:
    """A JSON object as a payload."""
    return json.dumps(fields).encode()


def send(descriptor: int, kind: Kind, payload: bytes) -> None:
    """Write one message to a blocking descriptor; raises OSError."""
    header = HEADER.pack(kind, len(payload))
    sent = os.writev(descriptor, (header, payload))
    rest = memoryview(header + payload)[sent:] if sent < len(header) + len(payload) else b""
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def receive(descriptor: int) -> tuple[Kind, bytes]:
    """Read one message from a blocking descriptor; raises WireError, EOFError, OSError."""
    header = bytearray(HEADER.size)
    _fill(descriptor, memoryview(header))
    kind, length = parse_header(header)
    payload = bytearray(length)
    _fill(descriptor, memoryview(payload))
    return kind, bytes(payload)


def _fill(descriptor: int, rest: memoryview) -> None:
    while rest:
        count = os.readv(descriptor, [rest])
        if not count:
            raise EOFError
        rest = rest[count:]
