"""Measuring one run: of services that run anyway, or of a command of its own."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.contest import Cost
from benchmarks.watch import Watch


def measured(
    action: Callable[[], float], services: Watch, mongodb: Watch, *, sampling: bool = True
) -> Cost:
    """What `action`, which returns its seconds, cost; memory and files only where `sampling`.

    Without it nothing disturbs runs of milliseconds.
    """
    with services.running(sampling=sampling), mongodb.running(sampling=False):
        seconds = action()
    return Cost(
        seconds,
        cpu_seconds=services.cpu_seconds,
        mongodb_cpu_seconds=mongodb.cpu_seconds,
        memory_mb=services.memory_mb if sampling else None,
        files_mb=services.files_mb if sampling else None,
    )


def with_mongodb(action: Callable[[], Cost], mongodb: Watch) -> Cost:
    """What `action` says it cost, and MongoDB's processor time for it."""
    with mongodb.running(sampling=False):
        cost = action()
    return replace(cost, mongodb_cpu_seconds=mongodb.cpu_seconds)


def command_cost(command: Sequence[str], *, sampling: bool = True) -> Cost:
    """Run a command with all its children; raises CalledProcessError."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    watch = Watch([process.pid])
    with watch.running(sampling=sampling):
        # The kernel's own figure of memory would count ours, too: what we had before it began.
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(
        seconds,
        cpu_seconds=used.ru_utime + used.ru_stime,
        memory_mb=watch.memory_mb if sampling else None,
    )
