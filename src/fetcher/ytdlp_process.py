"""One run of yt-dlp: a process group of its own, with bounds, that ends with its context."""

import os
import resource
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import IO, Final, Self

FRAGMENT_BYTES: Final = 128 << 20
"""How large one fragment may be, and any file that yt-dlp writes."""

_PIECE: Final = 4096
_PIECES_OF_ERRORS: Final = 32
_OPEN_FILES: Final = 256


class Run:
    """The process; `output` is its standard output. For one thread, but for `kill`.

    memory_bytes: of each of its processes, 0 for no limit; cpu_seconds: processor time that it may
    use. Memory is what can be written: JavaScript engines set aside far more addresses than that.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        memory_bytes: int,
        cpu_seconds: float,
    ) -> None:
        self._lock = Lock()
        self._errors: deque[bytes] = deque(maxlen=_PIECES_OF_ERRORS)
        self._process = subprocess.Popen(  # noqa: S603 - a fixed program, the URL behind "--"
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )
        for kind, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, _OPEN_FILES),
            (resource.RLIMIT_FSIZE, FRAGMENT_BYTES),
            (resource.RLIMIT_CPU, int(cpu_seconds) + 1),
            (resource.RLIMIT_DATA, memory_bytes or resource.RLIM_INFINITY),
        ):
            resource.prlimit(self._process.pid, kind, (most, most))
        self._threads = (
            Thread(target=self._listen, name="yt-dlp-errors", daemon=True),
            Thread(target=self._end_group, name="yt-dlp-end", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @property
    def output(self) -> IO[bytes]:
        """What it writes; it ends when the process does, or is killed."""
        assert self._process.stdout is not None
        return self._process.stdout

    def wait(self) -> int:
        """Its exit status, once it has ended; what it started has ended then, too."""
        for thread in self._threads:
            thread.join()
        with self._lock:
            return self._process.wait()

    def errors(self) -> str:
        """The last that it wrote to stderr, once `wait` has returned."""
        return b"".join(self._errors).decode(errors="replace")

    def kill(self) -> None:
        """End it at once, with all that it started; also from another thread."""
        with self._lock:
            if self._process.returncode is None:
                self._kill_group()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self.wait()
        self.output.close()

    def _kill_group(self) -> None:
        # Its leader is not reaped yet, so the number is still that of this group.
        os.killpg(self._process.pid, signal.SIGKILL)

    def _end_group(self) -> None:
        """What it has started may hold its output open: that ends when it does."""
        os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        self.kill()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            while piece := os.read(stream.fileno(), _PIECE):
                self._errors.append(piece)
