"""A warm process with a single thread that forks one confined child for each conversion.

Started with an environment of its own, it holds no secrets; the media library and the encoder are
loaded and were used once, so a child imports and opens nothing. multiprocessing has a fork server
too: it pickles, listens on a socket in the file system, imports the parent's __main__ into each
child and starts a second process to track resources, and none of that is wanted here.
"""

import contextlib
import gc
import mmap
import os
import pkgutil
import select
import signal
import socket
import sys
from dataclasses import dataclass
from typing import NoReturn

from chassis.allocator import share_freed_memory
from converter.box_child import Engine, run
from converter.confinement import Limits, confine
from converter.fork_protocol import DESCRIPTORS, EXIT_STATUS, READY
from converter.warm_up import warm_up


@dataclass(frozen=True, slots=True)
class _Child:
    pid: int
    pidfd: int
    fate: socket.socket


class ForkServer:
    """Forks children that run `engine` within `limits`, as `control` asks for them."""

    def __init__(self, control: socket.socket, engine: Engine, limits: Limits) -> None:
        self._control = control
        self._engine = engine
        self._limits = limits
        self._pid = os.getpid()
        self._poll = select.poll()
        self._children: dict[int, _Child] = {}

    def serve(self) -> None:
        """Serve until `control` is closed at its other end; children do not survive it."""
        self._poll.register(self._control, select.POLLIN)
        while True:
            # One event at a time: what it does may reuse the descriptor of the next.
            descriptor, _ = self._poll.poll()[0]
            if descriptor != self._control.fileno():
                self._end(self._children[descriptor])
            elif not self._accept():
                return

    def _accept(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, 1, DESCRIPTORS)
        if not message:
            return False
        reading, writing, memory, fate = descriptors
        pid = os.fork()
        if pid == 0:
            self._become_child(reading, writing, memory)
        for descriptor in (reading, writing, memory):
            os.close(descriptor)
        child = _Child(pid, os.pidfd_open(pid), socket.socket(fileno=fate))
        for descriptor in (child.pidfd, child.fate.fileno()):
            self._children[descriptor] = child
            self._poll.register(descriptor, select.POLLIN)
        return True

    def _become_child(self, reading: int, writing: int, memory: int) -> NoReturn:
        try:
            window = memoryview(mmap.mmap(memory, 0, prot=mmap.PROT_READ))
            confine(self._limits, self._pid, (reading, writing))
            run(self._engine, window)
        finally:
            os._exit(1)

    def _end(self, child: _Child) -> None:
        """The child has ended, or has to: kill what is left of it, and tell its fate."""
        for descriptor in (child.pidfd, child.fate.fileno()):
            self._poll.unregister(descriptor)
            del self._children[descriptor]
        # Not waited for yet, so both ids are still its own.
        os.kill(child.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):  # if it does not lead a group yet
            os.killpg(child.pid, signal.SIGKILL)
        _, status = os.waitpid(child.pid, 0)
        os.close(child.pidfd)
        with child.fate, contextlib.suppress(OSError):  # perhaps nobody wants to know any more
            child.fate.send(EXIT_STATUS.pack(os.waitstatus_to_exitcode(status)))


def main() -> None:
    """Run the server: the arguments are the control descriptor, the engine, and the limits."""
    descriptor, engine_name, memory_bytes, cpu_seconds = sys.argv[1:]
    share_freed_memory()
    engine = pkgutil.resolve_name(engine_name)
    warm_up()
    gc.collect()
    gc.freeze()  # children share what is here instead of copying it
    with socket.socket(fileno=int(descriptor)) as control:
        control.send(READY)
        ForkServer(control, engine, Limits(int(memory_bytes), int(cpu_seconds))).serve()


if __name__ == "__main__":
    main()
