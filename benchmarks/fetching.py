"""Fetching by link: 2 GB from a server on loopback into GridFS, against what is possible at all.

That is the slower of two: `curl -o /dev/null`, which stores nothing, and the same bytes into GridFS
without HTTP and without a hash. Ours is the fetcher's way through its guard, with hash, in a
process of its own, without queue and job.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO

from benchmarks import gridfs_limit
from benchmarks.bench import Bench, Benchmark
from benchmarks.content import Content
from benchmarks.contest import Contender, Cost
from benchmarks.costs import command_cost, measured, with_mongodb
from benchmarks.figures import Goal
from benchmarks.watch import Watch
from chassis.mongo import GridFsMediaStore, media
from devstack.ports import LOOPBACK
from devstack.services import CHECKOUT

OURS, CURL, LIMIT = "ours, through the guard", "curl -o /dev/null", "GridFS without HTTP"
ROUNDS = 5

SPEED = Goal(
    "fetching 2 GB by link with hash, times as fast",
    "x",
    0.8,
    0.95,
    against="the slower of curl into nothing and bytes into GridFS",
    at_least=True,
)
MEMORY = Goal("fetcher's memory while fetching 2 GB", "MB", 200, 120)


class Program:
    """A module of ours in a process of its own, spoken with by lines."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def told(self) -> str:
        """The next line that it writes; raises EOFError where there is none."""
        line = _open(self._process.stdout).readline()
        if not line:
            raise EOFError
        return line.strip()

    def ask(self, line: str) -> str:
        """Its answer to a line."""
        stream = _open(self._process.stdin)
        stream.write(f"{line}\n")
        stream.flush()
        return self.told()

    @contextmanager
    def running(self) -> Iterator["Program"]:
        """It is ended on leaving."""
        with self._process:
            try:
                yield self
            finally:
                self._process.kill()


class Fetching:
    """Everybody who takes the file from the server, or puts it into the store."""

    def __init__(self, bench: Bench, fetcher: Program, url: str) -> None:
        self._system = bench.system
        self._path = bench.inputs.two_gigabytes
        self._fetcher = fetcher
        self._url = url
        self._limit = self._system.mongo[gridfs_limit.DATABASE]

    def ours(self) -> Cost:
        """Into our store, which is emptied afterwards."""
        cost = measured(
            lambda: float(self._fetcher.ask(self._url)),
            Watch([self._fetcher.pid]),
            self._system.watch_mongodb(),
        )
        self._system.mongo.drop_database(media.VIDEOS)
        return cost

    def prepare_ours(self) -> None:
        """Make the indexes."""
        GridFsMediaStore(self._system.mongo, media.VIDEOS).prepare()

    def curl(self) -> Cost:
        """From the server to nowhere."""
        return command_cost(["curl", "-sS", "-o", "/dev/null", self._url], sampling=False)

    def limit(self) -> Cost:
        """From the disk into the store."""
        content = Content(self._path)
        cost = with_mongodb(
            lambda: gridfs_limit.store(self._limit, content), self._system.watch_mongodb()
        )
        self._system.mongo.drop_database(self._limit)
        return cost

    def prepare_limit(self) -> None:
        """Make its index."""
        gridfs_limit.prepare(self._limit)


def measure(bench: Bench) -> None:
    """All of them in turn, while no service runs."""
    system, path = bench.system, bench.inputs.two_gigabytes
    system.fresh()
    with ExitStack() as stack:
        server = Program("benchmarks.file_server", [str(path)])
        stack.enter_context(server.running())
        site = f"{LOOPBACK}:{server.told()}"
        fetcher = Program("benchmarks.link_fetcher", [system.stack.mongodb.url, site])
        stack.enter_context(fetcher.running())
        fetching = Fetching(bench, fetcher, f"http://{site}/film.mkv")
        costs = bench.compete(
            f"{path.stat().st_size / 1e9:.2f} GB by link (CPU and memory: of the fetcher)",
            [
                Contender(OURS, fetching.ours, fetching.prepare_ours),
                Contender(CURL, fetching.curl),
                Contender(LIMIT, fetching.limit, fetching.prepare_limit),
            ],
            bench.rounds(ROUNDS),
        )
    slower = max(costs[CURL].seconds, costs[LIMIT].seconds)
    bench.record(SPEED, slower / costs[OURS].seconds)
    bench.record(MEMORY, costs[OURS].memory_mb)


def _open(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


FETCH = Benchmark(
    "fetch",
    "2 GB by link against curl into nothing and against GridFS without HTTP",
    (SPEED, MEMORY),
    measure,
)
