"""The box's side of one conversion: it answers what the process in it asks, and watches it."""

import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar

from chassis.errors import Permanent, Retryable, ServiceError
from converter import wire
from converter.conversion import Conversion, StartOver, Stopped
from converter.fork_client import Child
from converter.ports import Sink, SourceReader
from converter.wire import Kind, WireError

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")

_LOOK_SECONDS: Final = 0.5  # how often should_stop is asked
_REFUSALS: Final = frozenset(
    {
        "not_media",
        "no_audio",
        "no_such_track",
        "nothing_there",
        "truncated",
        "corrupt",
        "too_long",
    }
)
_MAX_DETAIL: Final = 500
_MAX_STARTS: Final = 40


class ChildEnded(Exception):
    """The process ended before it said how the conversion went."""


@dataclass(frozen=True, slots=True)
class BoxLimits:
    """What one conversion may use.

    memory_bytes of data and cpu_seconds of computing, for its process; stall_seconds: how long it
    may be silent, or draw a cover; busy_seconds: how long we wait for it in all (time in which it
    waits for the source or the sink does not count); max_seconds: how long a video may be.
    """

    memory_bytes: int = 512 << 20
    cpu_seconds: int = 4 * 3600
    stall_seconds: float = 60.0
    busy_seconds: float = 6 * 3600.0
    max_seconds: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who wants the conversion: what it reads from, writes to, and asks now and then.

    arriving: the source's size is not known yet; asking for it waits.
    """

    source: SourceReader
    sink: Sink
    on_progress: Callable[[float], None]
    should_stop: Callable[[], bool]
    arriving: bool = False


class Session:
    """One conversion in `child`, for `caller`, which writes `most_bytes` or less.

    `is_drawing` tells whether it was drawing a cover when it ended.
    """

    def __init__(self, child: Child, caller: Caller, limits: BoxLimits, most_bytes: int) -> None:
        self._child = child
        self._caller = caller
        self._limits = limits
        self._most_bytes = most_bytes
        self._drawing_since: float | None = None
        self._began = self._looked_at = time.monotonic()
        self._lent = 0.0
        self._written = 0
        self._starts = 1

    @property
    def is_drawing(self) -> bool:
        """Whether a cover is being drawn."""
        return self._drawing_since is not None

    def run(self, job: bytes, picture: bytes | None = None) -> Conversion:
        """Start `job`, with the `picture` that it tells of, and serve it to its end.

        Raises Permanent, Retryable (engine_failed, engine_memory, engine_timeout), Stopped,
        StartOver, ChildEnded, WireError, and whatever the source, the sink and the callbacks raise.
        """
        caller = self._caller
        size = None if caller.arriving else caller.source.size
        self._start(job, picture)
        while True:
            kind, payload = self._receive()
            match kind:
                case Kind.READ:
                    self._show(*wire.parse_read_request(payload, size))
                case Kind.AWAIT_SIZE:
                    size = self._lend(_size, caller.source)
                    self._send(Kind.SIZE, wire.SIZE.pack(size))
                case Kind.WRITE:
                    self._check_room(len(payload))
                    self._lend(caller.sink.write, payload)
                case Kind.REWRITE:
                    offset, data = wire.parse_rewrite(payload, self._written)
                    self._lend(caller.sink.rewrite, offset, data)
                case Kind.START_OVER:
                    self._note_new_start()
                    self._lend(caller.sink.start_over)
                case Kind.DRAWING | Kind.PROGRESS:
                    self._note(kind, payload)
                case Kind.DONE:
                    return _conversion(payload, self._written)
                case Kind.FAILED:
                    raise self._failure(payload)
                case _:
                    raise WireError(f"a {kind.name} came from the process")

    def _start(self, job: bytes, picture: bytes | None) -> None:
        self._send(Kind.START, job)
        if picture is not None:
            self._send(Kind.PICTURE, picture)

    def _show(self, offset: int, length: int, place: int) -> None:
        """Put bytes of the source where the process sees them."""
        data = self._lend(self._caller.source.read_at, offset, length)
        start = place * wire.MAX_READ_BYTES
        self._child.window[start : start + len(data)] = data
        self._send(Kind.DATA, wire.LENGTH.pack(len(data)))

    def _note(self, kind: Kind, payload: bytes) -> None:
        """What the process is at."""
        if kind is Kind.PROGRESS:
            self._lend(self._caller.on_progress, wire.parse_progress(payload))
        else:
            begins = wire.parse_drawing(payload)
            self._drawing_since = self._busy(time.monotonic()) if begins else None

    def _check_room(self, length: int) -> None:
        self._written += length
        if self._written > self._most_bytes:
            raise WireError("the MP3 is longer than any MP3 may be")

    def _note_new_start(self) -> None:
        self._written = 0
        self._starts += 1
        if self._starts > _MAX_STARTS:
            raise WireError("the MP3 begins anew again and again")

    def _failure(self, payload: bytes) -> ServiceError | Stopped:
        document = wire.parse_document(payload)
        if self._caller.arriving and document.get("start_over"):
            return StartOver()
        code = str(document.get("permanent"))
        if code in _REFUSALS:
            return Permanent(code, str(document.get("detail"))[:_MAX_DETAIL])
        if document.get("memory"):
            limit = self._limits.memory_bytes >> 20
            return Retryable("engine_memory", f"The conversion needs more than {limit} MB.")
        failure = Retryable("engine_failed", "The conversion failed for an unforeseen reason.")
        failure.add_note(str(document.get("trace")))
        return failure

    def _receive(self) -> tuple[Kind, bytes]:
        self._look()
        kind, length = wire.parse_header(self._read(wire.HEADER.size))
        return kind, self._read(length)

    def _read(self, length: int) -> bytes:
        pieces = []
        while length:
            try:
                piece = os.read(self._child.reading, length)
            except BlockingIOError:
                self._wait(self._child.reading, select.POLLIN)
                continue
            if not piece:
                raise ChildEnded
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _send(self, kind: Kind, payload: bytes) -> None:
        rest = [memoryview(wire.HEADER.pack(kind, len(payload))), memoryview(payload)]
        while any(rest):
            try:
                sent = os.writev(self._child.writing, rest)
            except BlockingIOError:
                self._wait(self._child.writing, select.POLLOUT)
                continue
            except BrokenPipeError as error:
                raise ChildEnded from error
            rest = [rest[0][sent:], rest[1][max(0, sent - len(rest[0])) :]]

    def _wait(self, descriptor: int, event: int) -> None:
        """Wait until the process reads or writes; raises Stopped, or Retryable if it takes long."""
        self._look()
        began = time.monotonic()
        poll = select.poll()
        poll.register(descriptor, event)
        while not poll.poll(1000 * _LOOK_SECONDS):
            self._look()
            silent = time.monotonic() - began
            if silent > self._limits.stall_seconds:
                raise Retryable("engine_timeout", f"The conversion was silent for {silent:.0f} s.")

    def _lend(
        self,
        call: Callable[_Arguments, _Answer],
        *arguments: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> _Answer:
        """Let the caller work, on the caller's own time."""
        began = time.monotonic()
        try:
            return call(*arguments, **named)
        finally:
            self._lent += time.monotonic() - began

    def _look(self) -> None:
        """Now and then: whether to go on; raises Stopped or Retryable."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        if self._caller.should_stop():
            raise Stopped
        busy = self._busy(now)
        if busy > self._limits.busy_seconds:
            raise Retryable("engine_timeout", f"The conversion took more than {busy:.0f} s.")
        if self.is_drawing and busy - (self._drawing_since or 0.0) > self._limits.stall_seconds:
            raise Retryable("engine_timeout", "The cover took too long.")

    def _busy(self, now: float) -> float:
        """How long it has been at work, in seconds."""
        return now - self._began - self._lent


def _size(source: SourceReader) -> int:
    return source.size


def _conversion(payload: bytes, written: int) -> Conversion:
    try:
        conversion = Conversion.from_document(wire.parse_document(payload))
    except ValueError as error:
        raise WireError(str(error)) from error
    if conversion.parts and conversion.parts[-1].offset + conversion.parts[-1].size > written:
        raise WireError("a part goes beyond what was written")
    return conversion
