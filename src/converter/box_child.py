"""The process in the box: one conversion, fed and emptied, then the end."""

import os
import resource
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from chassis.errors import Permanent
from chassis.options import ConversionOptions
from converter import wire
from converter.conversion import Conversion, StartOver
from converter.mp3_writer import Output
from converter.ports import SourceReader
from converter.request import Request
from converter.site import Site
from converter.wire import MAX_READ_BYTES, Kind

READ_FROM: Final = 0
WRITE_TO: Final = 1
_MAX_WRITE_BYTES: Final = wire.MAX_PAYLOAD[Kind.WRITE]
_MAX_TRACE_CHARACTERS: Final = 8000
_IN_ORDER_PIECES: Final = 4  # what was read in order for so long goes on like that

Engine = Callable[[SourceReader, Output, Request], Conversion]


@dataclass(slots=True)
class _Piece:
    """Bytes of the source from `start` to `end`, in a place that is used again and again."""

    place: int
    bytes_there: memoryview
    start: int = 0
    end: int = 0

    def holds(self, offset: int) -> bool:
        return self.start <= offset < self.end

    def read(self, offset: int, length: int) -> bytes:
        first = offset - self.start
        return bytes(self.bytes_there[first : min(first + length, self.end - self.start)])


class ShownSource:
    """The source, as the box shows it in `window`; without a size it is still on its way.

    Of one that is whole, more is asked for where reading goes on: as much as the box has there in
    one piece. Where it went on for a while, the next piece is asked for before it is needed, so
    that the box fetches it meanwhile; `settle` takes its answer.
    """

    def __init__(self, window: memoryview, size: int | None) -> None:
        self._size = size
        self._now, self._next = (
            _Piece(place, window[place * MAX_READ_BYTES : (place + 1) * MAX_READ_BYTES])
            for place in range(wire.PLACES)
        )
        self._asked: int | None = None
        self._in_order = 0

    @property
    def size(self) -> int:
        """See SourceReader; waits for the last byte of a source that is on its way."""
        if self._size is None:
            _send(Kind.AWAIT_SIZE, b"")
            kind, payload = _receive()
            (self._size,) = wire.SIZE.unpack(payload) if kind is Kind.SIZE else _vanish()
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """See SourceReader."""
        if length <= 0 or (self._size is not None and offset >= self._size):
            return b""
        if not self._now.holds(offset):
            self._go_to(offset, length)
        return self._now.read(offset, length)

    def settle(self) -> None:
        """Take the answer that is on its way, if there is one."""
        if self._asked is None:
            return
        kind, payload = _receive()
        (length,) = wire.LENGTH.unpack(payload) if kind is Kind.DATA else _vanish()
        self._next.start, self._next.end = self._asked, self._asked + length
        self._asked = None

    def _go_to(self, offset: int, length: int) -> None:
        goes_on = offset == self._now.end and self._size is not None
        self._in_order = self._in_order + 1 if goes_on else 0
        self.settle()
        if not self._next.holds(offset):
            self._ask(offset, MAX_READ_BYTES if goes_on else length)
            self.settle()
        self._now, self._next = self._next, self._now
        if self._in_order >= _IN_ORDER_PIECES and self._now.end < self.size:
            self._ask(self._now.end, MAX_READ_BYTES)

    def _ask(self, offset: int, length: int) -> None:
        length = min(length, MAX_READ_BYTES)
        _send(Kind.READ, wire.READ_REQUEST.pack(offset, length, self._next.place))
        self._asked = offset


class PipedOutput:
    """The MP3, on its way into the box."""

    def write(self, data: bytes) -> None:
        """See Sink."""
        for start in range(0, len(data), _MAX_WRITE_BYTES):
            _send(Kind.WRITE, data[start : start + _MAX_WRITE_BYTES])

    def rewrite(self, offset: int, data: bytes) -> None:
        """See Sink."""
        _send(Kind.REWRITE, wire.OFFSET.pack(offset) + data)

    def start_over(self) -> None:
        """See Sink."""
        _send(Kind.START_OVER, b"")

    def drawing(self, begins: bool) -> None:
        """See Request."""
        _send(Kind.DRAWING, bytes([begins]))

    def progress(self, fraction: float) -> None:
        """See Output."""
        _send(Kind.PROGRESS, wire.PROGRESS_REPORT.pack(fraction))


def run(engine: Engine, window: memoryview) -> NoReturn:
    """Do the job that comes through the pipe with `engine`, say how it went, and end.

    The box shows the source in `window`.
    """
    _, payload = _receive()
    job = wire.parse_document(payload)
    site = _receive_site(job) if job["site"] else None
    source = ShownSource(window, job["size"])
    output = PipedOutput()
    request = Request(
        name=job["name"],
        options=ConversionOptions.from_document(job["options"]),
        max_seconds=job["max_seconds"],
        arriving=job["size"] is None,
        threads=job["threads"],
        on_drawing=output.drawing,
        site=site,
    )
    try:
        conversion = engine(source, output, request)
        kind, answer = Kind.DONE, wire.document(**conversion.to_document())
    except Permanent as error:
        kind, answer = Kind.FAILED, wire.document(permanent=error.code, detail=error.detail)
    except StartOver:
        kind, answer = Kind.FAILED, wire.document(start_over=True)
    except MemoryError:
        kind, answer = Kind.FAILED, _out_of_memory()
    except Exception:  # noqa: BLE001 - whatever it is, the box has to know
        trace = traceback.format_exc()[-_MAX_TRACE_CHARACTERS:]
        kind, answer = Kind.FAILED, wire.document(trace=trace)
    source.settle()  # nobody would take it once this process has ended
    _send(kind, answer)
    os._exit(0)


def _receive_site(job: dict[str, Any]) -> Site:
    if not job["has_picture"]:
        return Site.from_document(job["site"], None)
    kind, picture = _receive()
    return Site.from_document(job["site"], picture if kind is Kind.PICTURE else _vanish())


def _out_of_memory() -> bytes:
    used = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    allowed, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if used > allowed // 2:
        return wire.document(memory=True)
    # It did not fill up: one piece was asked for that is larger than all that is used in earnest.
    return wire.document(permanent="corrupt", detail="The file is damaged: its sizes are absurd.")


def _send(kind: Kind, payload: bytes) -> None:
    try:
        wire.send(WRITE_TO, kind, payload)
    except OSError:
        _vanish()


def _receive() -> tuple[Kind, bytes]:
    try:
        return wire.receive(READ_FROM)
    except (EOFError, OSError, wire.WireError):
        _vanish()


def _vanish() -> NoReturn:
    """End at once: the box is gone, nobody waits for anything any more."""
    os._exit(1)
