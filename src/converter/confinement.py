"""What the process that reads strangers' files may not do."""

import ctypes
import os
import resource
import signal
from dataclasses import dataclass
from typing import Final

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_PR_SET_NO_NEW_PRIVS: Final = 38
_MOST_EXPENDABLE: Final = b"1000"  # proc(5): the first to go when the machine is out of memory
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class ConfinementError(Exception):
    """The kernel refused a limit; nothing may run without it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may use: `memory_bytes` of data, `cpu_seconds` of all its threads."""

    memory_bytes: int
    cpu_seconds: int


def confine(limits: Limits, parent_pid: int, descriptors: tuple[int, int]) -> None:
    """Shut this process in for good; raises ConfinementError.

    It keeps only `descriptors`, as 0 and 1, cannot open any file or socket, cannot gain rights,
    dies with its parent, and is the leader of a process group of its own.
    """
    os.setsid()
    _become_expendable()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before it could take us with it
        raise ConfinementError("the parent is gone")
    reading, writing = descriptors
    os.dup2(reading, 0)
    os.dup2(writing, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    for kind, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(kind, (limit, limit))
    # SIGXCPU at the soft limit tells why it died; SIGKILL would not.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))


def _become_expendable() -> None:
    descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    try:
        os.write(descriptor, _MOST_EXPENDABLE)
    finally:
        os.close(descriptor)


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise ConfinementError(f"prctl({option}): {os.strerror(ctypes.get_errno())}")
