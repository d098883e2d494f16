"""A 2 GB video through the real gateway and the real converter: memory, disk and time.

    make bench, or: PYTHONPATH=src:. .local/venv/bin/python benchmarks/large_upload.py [--record]

Starts servers and services of its own, makes the video with ffmpeg, uploads it with curl, and
samples all the time what the gateway's and the converter's processes hold in memory and have open
on disk. With --record the figures go into RESULTS.md. Ends with 1 where a bound is missed.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import psutil

from devstack.stack import LOGIN_EMAIL, Stack

SIZE_MB = 2000
MEMORY_BOUND_MB = 200
DISK_BOUND_MB = 16
SAMPLE_SECONDS = 0.1
CLIP_SECONDS = 30
WATCHED = ("gateway", "converter")
FINISHED = ("ready", "failed")
RESULTS = Path(__file__).parent / "RESULTS.md"
MARK, MARK_END = "<!-- large_upload -->", "<!-- /large_upload -->"


@dataclass
class Peak:
    """The most that one service's processes held at any time, in MB."""

    resident: float = 0.0
    largest_process: float = 0.0
    open_files: float = 0.0


@dataclass
class Sampler:
    """Watches the process trees of services; memory is their proportional set size."""

    pids: Mapping[str, int]
    peaks: dict[str, Peak] = field(default_factory=dict)

    def sample(self) -> None:
        """Look once."""
        for name, pid in self.pids.items():
            peak = self.peaks.setdefault(name, Peak())
            sizes = [_memory_mb(process) for process in _tree(pid)]
            peak.resident = max(peak.resident, sum(sizes))
            peak.largest_process = max(peak.largest_process, *sizes, 0)
            opened = sum(_open_file_mb(process) for process in _tree(pid))
            peak.open_files = max(peak.open_files, opened)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look again and again meanwhile."""
        ended = Event()

        def watch() -> None:
            while not ended.wait(SAMPLE_SECONDS):
                self.sample()

        thread = Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _memory_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.Error:
        return 0.0


def _open_file_mb(process: psutil.Process) -> float:
    """The size of the regular files that the process writes, deleted ones too; logs are small."""
    total = 0
    try:
        for link in Path(f"/proc/{process.pid}/fd").iterdir():
            status = link.stat()
            if link.is_file() and "w" in _mode(process.pid, link.name):
                total += status.st_size
    except OSError:
        return total / 1e6
    return total / 1e6


def _mode(pid: int, descriptor: str) -> str:
    text = Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text()
    flags = next(line for line in text.splitlines() if line.startswith("flags:"))
    return "w" if int(flags.split()[1], 8) & 3 else "r"


def _cpu_seconds(pid: int) -> float:
    times = [process.cpu_times() for process in _tree(pid)]
    return sum(spent.user + spent.system for spent in times)


def make_video(path: Path, megabytes: int) -> None:
    """A video of about that size with noisy pictures and sound, by looping a short clip."""
    clip = path.with_suffix(".clip.mkv")
    _ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25,noise=alls=40:allf=t"),
        *("-f", "lavfi", "-i", "anoisesrc=c=pink:a=0.3,aformat=channel_layouts=stereo"),
        *("-t", str(CLIP_SECONDS), "-c:v", "mpeg4", "-b:v", "12M", "-c:a", "aac", str(clip)),
    )
    loops = megabytes * 1_000_000 // clip.stat().st_size
    _ffmpeg("-stream_loop", str(loops), "-i", str(clip), "-c", "copy", str(path))
    clip.unlink()


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)


def _curl(*arguments: str) -> str:
    command = ["curl", "-sS", "--fail-with-body", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _job(stack: Stack, token: str, fid: str) -> dict[str, object]:
    request = urllib.request.Request(
        f"{stack.gateway_url}/jobs/{fid}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def measure(folder: Path, megabytes: int) -> dict[str, float]:
    """Take the journey with a video of that size; the figures by their names."""
    video = folder / "large.mkv"
    make_video(video, megabytes)
    gigabytes = video.stat().st_size / 1e9
    with Stack.on_free_ports(folder / "stack") as stack:
        credentials = f"{LOGIN_EMAIL}:{stack.login_password}"
        token = _curl("-X", "POST", "-u", credentials, f"{stack.gateway_url}/login")
        pids = {name: stack.services[name].pid for name in WATCHED}
        sampler = Sampler(pids)
        cpu_before = _cpu_seconds(pids["gateway"])
        with sampler.running():
            started = time.monotonic()
            answer = _curl(
                *("-F", f"file=@{video}", "-H", f"Authorization: Bearer {token}"),
                f"{stack.gateway_url}/upload",
            )
            uploaded = time.monotonic()
            cpu_seconds = _cpu_seconds(pids["gateway"]) - cpu_before
            fid = json.loads(answer)["fid"]
            while (job := _job(stack, token, fid))["status"] not in FINISHED:
                time.sleep(0.2)
            ready = time.monotonic()
        if job["status"] != "ready":
            raise SystemExit(f"the job failed: {job['failure']}")
    figures = {
        "size, GB": gigabytes,
        "upload, MB/s": gigabytes * 1000 / (uploaded - started),
        "gateway, CPU s per GB uploaded": cpu_seconds / gigabytes,
        "ready after the upload, s": ready - uploaded,
    }
    for name, peak in sampler.peaks.items():
        figures[f"{name}, peak memory, MB"] = peak.resident
        figures[f"{name}, its largest process, MB"] = peak.largest_process
        figures[f"{name}, files open for writing, MB"] = peak.open_files
    return figures


def record(figures: Mapping[str, float]) -> None:
    """Put the figures into RESULTS.md, in place of the last ones."""
    rows = "\n".join(f"| {name} | {value:.1f} |" for name, value in figures.items())
    table = f"{MARK}\n\n| figure | {datetime.now(UTC):%Y-%m-%d} |\n|---|---:|\n{rows}\n\n"
    text = RESULTS.read_text() if RESULTS.exists() else f"# Results\n\n{MARK}\n\n{MARK_END}\n"
    before, _, rest = text.partition(MARK)
    RESULTS.write_text(before + table + MARK_END + rest.partition(MARK_END)[2])


def main() -> None:
    """Measure, print, and say whether the bounds hold."""
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), SIZE_MB)
    for name, value in figures.items():
        print(f"{name:42} {value:10.2f}")
    if "--record" in sys.argv:
        record(figures)
    missed = [
        name
        for name, value in figures.items()
        if ("memory" in name and value >= MEMORY_BOUND_MB)
        or ("files open" in name and value >= DISK_BOUND_MB)
    ]
    print(f"missed: {', '.join(missed)}" if missed else "all bounds hold")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
