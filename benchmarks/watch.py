"""What processes use while something is done: processor time, memory, files on disk.

Linux only: memory is the proportional set size (proc(5), smaps_rollup), in which a page that
several processes share counts once.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Self

import psutil

SAMPLE_SECONDS = 0.1
_LOOKING_SHARE = 0.02
_WRITABLE = 3  # O_WRONLY | O_RDWR


class Watch:
    """The process trees below `pids`, from `running` on: the most they held, what they computed.

    Memory and files are in MB (10^6 bytes). `files_mb` is what they had open for writing in regular
    files, deleted ones too, but for those in the folder `logs`.
    """

    def __init__(self, pids: Sequence[int], logs: Path | None = None) -> None:
        self._pids = tuple(pids)
        self._logs = logs
        self.cpu_seconds = 0.0
        self.memory_mb = 0.0
        self.largest_process_mb = 0.0
        self.files_mb = 0.0

    @contextmanager
    def running(self, *, sampling: bool = True) -> Iterator[Self]:
        """Watch meanwhile; without `sampling` only processor time, which disturbs nothing."""
        before = cpu_seconds(self._pids)
        ended = Event()
        thread = Thread(target=self._sample_until, args=(ended,))
        if sampling:
            thread.start()
        try:
            yield self
        finally:
            ended.set()
            if sampling:
                thread.join()
            self.cpu_seconds += cpu_seconds(self._pids) - before

    def sample(self) -> None:
        """Look once at memory and files."""
        processes = _trees(self._pids)
        sizes = [_memory_mb(process) for process in processes]
        files = sum(_open_files_mb(process.pid, self._logs) for process in processes)
        self.memory_mb = max(self.memory_mb, sum(sizes))
        self.largest_process_mb = max(self.largest_process_mb, *sizes, 0.0)
        self.files_mb = max(self.files_mb, files)

    def _sample_until(self, ended: Event) -> None:
        pause = 0.0
        while not ended.wait(pause):
            started = time.monotonic()
            self.sample()
            # To look takes a core some hundredths of a second, which what is measured lacks.
            pause = max(SAMPLE_SECONDS, (time.monotonic() - started) / _LOOKING_SHARE)


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time of the trees below `pids` since they started, with what has ended in them."""
    total = 0.0
    for process in _trees(pids):
        try:
            spent = process.cpu_times()
        except psutil.Error:
            continue
        total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def _trees(pids: Sequence[int]) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for pid in pids:
        try:
            process = psutil.Process(pid)
            found += [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return found


def _memory_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.Error:
        return 0.0


def _open_files_mb(pid: int, logs: Path | None) -> float:
    total = 0
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            if link.is_file() and _is_writable(pid, link.name) and not _is_left_out(link, logs):
                total += link.stat().st_size
    except OSError:
        return total / 1e6
    return total / 1e6


def _is_writable(pid: int, descriptor: str) -> bool:
    text = Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text()
    flags = next(line for line in text.splitlines() if line.startswith("flags:"))
    return bool(int(flags.split()[1], 8) & _WRITABLE)


def _is_left_out(link: Path, logs: Path | None) -> bool:
    """Whether it is a log, or memory with a descriptor (memfd_create(2)), which is on no disk."""
    file = link.readlink()
    return str(file).startswith("/memfd:") or (logs is not None and file.is_relative_to(logs))
