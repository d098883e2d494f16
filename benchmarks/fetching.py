"""Fetching by link: 2 GB from a server on loopback into GridFS, against what is possible at all.

That is the slower of two: `curl -o /dev/null`, which stores nothing, and the same bytes into GridFS
without HTTP and without a hash. Ours is the whole way, from POST /media/prefetch until the job is
ready: gateway, queue, fetcher, guard, hash, cache.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from benchmarks import gridfs_limit
from benchmarks.bench import Bench, Benchmark
from benchmarks.content import Content
from benchmarks.contest import Contender, Cost, in_service
from benchmarks.costs import command_cost, measured
from benchmarks.figures import Goal
from devstack.ports import LOOPBACK
from devstack.services import CHECKOUT

OURS, CURL, LIMIT = "ours, by link", "curl -o /dev/null", "GridFS without HTTP"
ROUNDS = 5
TIMEOUT_SECONDS = 600.0
CACHE = ("cached_links", "cached_content", "asked_sites")

SPEED = Goal(
    "2 GB by link with hash, times as fast",
    "x",
    0.8,
    0.95,
    against="the slower of curl and bytes into GridFS",
    at_least=True,
)
MEMORY = Goal("fetcher's memory while it fetches 2 GB", "MB", 200, 120)


class Fetching:
    """Everybody who takes the file from the server, or puts it into the store."""

    def __init__(self, bench: Bench) -> None:
        self._system = bench.system
        self._path = bench.inputs.two_gigabytes
        self._site = f"http://{LOOPBACK}:{self._system.site_port}"
        self._system.fresh("gateway", "fetcher")
        self._client = self._system.client()
        self._names = count()

    @contextmanager
    def served(self) -> Iterator[None]:
        """Meanwhile the server runs."""
        command = [sys.executable, "-m", "benchmarks.file_server", str(self._path)]
        with subprocess.Popen(
            [*command, str(self._system.site_port)], stdout=subprocess.PIPE, cwd=CHECKOUT
        ) as process:
            try:
                assert process.stdout is not None
                process.stdout.readline()
                yield
            finally:
                process.kill()

    def ours(self) -> Cost:
        """By a link that is new; store and cache are emptied afterwards."""
        watch = self._system.watch("fetcher")
        cost = measured(self._fetch, watch, self._system.watch_mongodb())
        self._system.empty_videos()
        for name in CACHE:
            self._system.mongo["jobs"][name].delete_many({})
        return cost

    def curl(self) -> Cost:
        """From the server to nowhere."""
        command = ["curl", "-sS", "-o", "/dev/null", self._new_link()]
        return command_cost(command, sampling=False)

    def limit(self) -> Cost:
        """From the disk into the store."""
        return gridfs_limit.storing_cost(self._system, Content(self._path))

    def _fetch(self) -> float:
        started = time.monotonic()
        fid = self._client.prefetch(self._new_link())
        return self._client.await_ready(fid, TIMEOUT_SECONDS) - started

    def _new_link(self) -> str:
        return f"{self._site}/{self._path.stem}-{next(self._names)}.mkv"


def measure(bench: Bench) -> None:
    """All of them in turn."""
    fetching = Fetching(bench)
    gigabytes = bench.inputs.two_gigabytes.stat().st_size / 1e9
    with fetching.served():
        # MongoDB's cache grows with the first file after its start, whosever it is.
        fetching.ours()
        costs = bench.compete(
            f"{gigabytes:.2f} GB by link (CPU and memory: of the fetcher)",
            [
                in_service(OURS, fetching.ours),
                Contender(CURL, fetching.curl),
                in_service(LIMIT, fetching.limit),
            ],
            bench.rounds(ROUNDS),
        )
    slower = max(costs[CURL].seconds, costs[LIMIT].seconds)
    bench.record(SPEED, slower / costs[OURS].seconds)
    bench.record(MEMORY, costs[OURS].memory_mb)


FETCH = Benchmark(
    "fetch",
    "2 GB by link against curl into nothing and against GridFS without HTTP",
    (SPEED, MEMORY),
    measure,
)
