"""The box's side of the fork server: starting it, asking it for children, ending it."""

import contextlib
import fcntl
import mmap
import os
import socket
import subprocess
import sys
from threading import Lock
from typing import Final, Self

from converter.confinement import Limits
from converter.fork_protocol import EXIT_STATUS, READY
from converter.wire import WINDOW_BYTES

_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 10.0
_PIPE_BYTES: Final = 1 << 20

# Nothing else of our own environment: it holds the passwords of every server.
_KEPT: Final = "LD_LIBRARY_PATH"  # where the encoder may be
_ENVIRONMENT: Final = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # a child pays for each page that is new to it
    "LC_ALL": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",  # numpy's threads would not survive a fork
    "PYTHONDONTWRITEBYTECODE": "1",
}


class ForkServerError(Exception):
    """The fork server could not be started, or has died."""


class Child:
    """A confined process: `reading` and `writing` are our ends of its pipes, both non-blocking.

    `window` is what it sees of its source, see converter.wire.
    """

    def __init__(self, reading: int, writing: int, window: mmap.mmap, fate: socket.socket) -> None:
        self.reading = reading
        self.writing = writing
        self.window = window
        self._fate = fate
        self._ended = False
        self._status: int | None = None

    def end(self) -> int | None:
        """Make sure that it is dead, and let go of it; again is no error.

        Its exit status, the negative number of a signal that killed it (our own, if it was still
        alive); None if the fork server died with it.
        """
        if not self._ended:
            self._ended = True
            os.close(self.writing)
            os.close(self.reading)
            self.window.close()
            with self._fate:
                self._status = self._learn_status()
        return self._status

    def _learn_status(self) -> int | None:
        self._fate.settimeout(_END_SECONDS)
        try:
            with contextlib.suppress(OSError):  # the server has told it and closed its end
                self._fate.shutdown(socket.SHUT_WR)
            status = self._fate.recv(EXIT_STATUS.size)
        except OSError:
            return None
        return int(EXIT_STATUS.unpack(status)[0]) if status else None


class ForkClient:
    """A running fork server. Usable from several threads; a server that died is started again."""

    def __init__(self, engine: str, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> None:
        """Start the server and wait until it is warm; raises ForkServerError."""
        with self._lock:
            self._start()

    def fork(self) -> Child:
        """A new child; raises ForkServerError."""
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            to_child = _pipe(theirs, ours)
            from_child = _pipe(ours, theirs)
            window, memory = _window(ours, theirs)
            fate = socket.socketpair()
            ours.enter_context(fate[0])
            theirs.enter_context(fate[1])
            self._ask((to_child[0], from_child[1], memory, fate[1].fileno()))
            ours.pop_all()
        for descriptor in (to_child[1], from_child[0]):
            os.set_blocking(descriptor, False)
        return Child(from_child[0], to_child[1], window, fate[0])

    def stop(self) -> None:
        """End the server and every child."""
        with self._lock:
            self._stop()

    def _ask(self, descriptors: tuple[int, ...]) -> None:
        with self._lock:
            if self._control is not None and _send(self._control, descriptors):
                return
            self._stop()
            control = self._start()
            if not _send(control, descriptors):
                raise ForkServerError("the conversion server ended at once")

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [
                    sys.executable,
                    "-m",
                    "converter.fork_server",
                    str(theirs.fileno()),
                    self._engine,
                    str(self._limits.memory_bytes),
                    str(self._limits.cpu_seconds),
                ],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for us; we end it in our own time
            )
        self._control = ours
        ours.settimeout(_START_SECONDS)
        try:
            answer = ours.recv(len(READY))
        except TimeoutError:
            answer = b""
        if answer != READY:
            self._stop()
            raise ForkServerError("the conversion server did not start")
        ours.settimeout(None)
        return ours

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def _environment() -> dict[str, str]:
    kept = {_KEPT: os.environ[_KEPT]} if _KEPT in os.environ else {}
    return _ENVIRONMENT | kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _send(control: socket.socket, descriptors: tuple[int, ...]) -> bool:
    try:
        socket.send_fds(control, [b"f"], descriptors)
    except OSError:
        return False
    return True


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe whose ends are closed with the stacks of those that they are for."""
    reading, writing = os.pipe()
    reader.callback(os.close, reading)
    writer.callback(os.close, writing)
    with contextlib.suppress(OSError):  # as large as this user may have them
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return reading, writing


def _window(ours: contextlib.ExitStack, theirs: contextlib.ExitStack) -> tuple[mmap.mmap, int]:
    """Memory that we write, and a descriptor of it by which others can only read it.

    What they map by that one cannot be made writable, and they cannot make it smaller.
    """
    memory = os.memfd_create("source")
    try:
        os.ftruncate(memory, WINDOW_BYTES)
        window = ours.enter_context(mmap.mmap(memory, WINDOW_BYTES))
        to_read = os.open(f"/proc/self/fd/{memory}", os.O_RDONLY)
        theirs.callback(os.close, to_read)
    finally:
        os.close(memory)
    return window, to_read
