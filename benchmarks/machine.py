"""What the machine is that was measured on."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.own_network import congestion_control
from devstack.mongodb import program
from devstack.services import CHECKOUT


def description() -> str:
    """Processor, memory, system, versions, load and commit, in one paragraph."""
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    free = shutil.disk_usage(CHECKOUT).free / 1e9
    parts = [
        f"{os.cpu_count()} cores ({_processor()})",
        f"{memory:.0f} GiB of memory",
        f"{free:.0f} GB of disk free",
        f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        f"TCP by {congestion_control()}",
        f"Python {platform.python_version()}",
        f"MongoDB {_version([program(), '--version'])} (standalone)",
        f"RabbitMQ {_package('rabbitmq-server')}",
        f"ffmpeg {_version(['ffmpeg', '-version'])}",
        f"LAME {_package('libmp3lame0')}",
        f"load before the run {load}",
        f"commit {_output(['git', '-C', str(CHECKOUT), 'describe', '--always', '--dirty'])}",
    ]
    return "; ".join(parts)


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _version(command: Sequence[str]) -> str:
    found = re.search(r"v(?:ersion )?(\d[\d.]*\d)", _output(command))
    return found[1] if found else "unknown"


def _package(name: str) -> str:
    return _output(["dpkg-query", "-W", "-f", "${Version}", name]) or "unknown"


def _output(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
