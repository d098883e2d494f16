"""Ends the process groups of a parent that died without ending them itself.

Run as a program it reads lines from its standard input: `+ID` watches a process group, `-ID`
forgets it. When the input ends, because the parent is gone however it went (also by SIGKILL), it
kills every group that is still watched. A parent-death signal (PR_SET_PDEATHSIG) would not do: it
is not inherited by grandchildren, and it fires already when the thread that started the child ends.
"""

import os
import signal
import subprocess
import sys
import threading
from typing import IO


class Guardian:
    """The guardian process of this process; started when the first group is watched."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._input: IO[bytes] | None = None

    def watch(self, group: int) -> None:
        """Have `group` killed when this process dies."""
        with self._lock:
            self._groups.add(group)
            self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """Leave `group` alone from now on."""
        with self._lock:
            self._groups.discard(group)
            self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        try:
            if self._input is None:
                self._input = _launch()
            self._input.write(line.encode())
        except BrokenPipeError:  # somebody killed it: its successor learns all there is to know
            self._input = _launch()
            self._input.write("".join(f"+{group}\n" for group in self._groups).encode())


def _launch() -> IO[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-S", "-E", __file__],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C on the terminal is for the parent
    )
    if process.stdin is None:
        raise RuntimeError("the guardian was started without an input")
    process.returncode = 0  # it outlives us on purpose: no warning that it still runs
    return process.stdin


GUARDIAN = Guardian()


def _serve(lines: IO[str]) -> None:
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends with its parent, not before
    _serve(sys.stdin)
