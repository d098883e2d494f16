"""Which WSGI server: the same gateway under each, for a large upload, and among slow clients."""

import contextlib
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event, Thread

from benchmarks.bench import Bench, Benchmark
from benchmarks.client import Client
from benchmarks.content import Content
from benchmarks.contest import Contender, Cost
from benchmarks.costs import measured
from benchmarks.figures import Goal
from benchmarks.other_servers import GEVENT, PYWSGI, THREADS
from benchmarks.watch import Watch
from devstack.ports import free_port
from devstack.process import Process
from devstack.services import CHECKOUT

OURS = "ours: gunicorn, gevent, own reader"
OTHERS = {
    "gunicorn, gevent, its reader": GEVENT,
    "gunicorn, 400 threads": THREADS,
    "gevent's pywsgi": PYWSGI,
}
ROUNDS = 5
SLOW_CLIENTS = 300
DRIP_BYTES, DRIP_SECONDS = 2_000, 0.5
SLOW_LENGTH = 100_000_000
ASKED = 200
START_SECONDS = 60.0

LATENCY = Goal("GET /healthz beside 300 slow uploads, median", "ms", 50, 10)
BESIDE = Goal("upload beside 300 slow uploads, times as long as alone", "x", 2, 1.2)
MEMORY = Goal("gateway's memory with 300 slow uploads under way", "MB", 200, 150)


class Served:
    """One server with the gateway in it."""

    def __init__(self, bench: Bench, client: Client, pid: int) -> None:
        self._bench = bench
        self._client = client
        self._pid = pid

    def watch(self) -> Watch:
        """What it uses, from now on."""
        return Watch([self._pid])

    def upload(self) -> Cost:
        """One large upload, alone or not."""
        fids: list[str] = []

        def put() -> float:
            answer = self._client.put(Content.unique(self._bench.inputs.upload))
            fids.append(answer.fid)
            return answer.seconds

        cost = measured(put, self.watch(), self._bench.system.watch_mongodb())
        self._client.delete(fids[0])
        self._bench.system.empty_videos()
        self._bench.system.settle()
        return cost

    def upload_seconds(self, count: int) -> float:
        """The median time of so many uploads in a row, after one that does not count."""
        self.upload()
        return statistics.median(self.upload().seconds for _ in range(count))

    def latencies(self) -> list[float]:
        """The milliseconds of GET /healthz, again and again, each on a connection of its own."""
        found = []
        for _ in range(ASKED):
            started = time.perf_counter()
            self._client.get("/healthz")
            found.append((time.perf_counter() - started) * 1000)
        return found

    @contextlib.contextmanager
    def slow_clients(self) -> Iterator[None]:
        """Many uploads, each of which brings little at a time, for as long as this lasts."""
        ended = Event()
        head = self._client.head("PUT /upload?name=slow", SLOW_LENGTH, "video/mp4")
        with ExitStack() as stack:
            slow = [stack.enter_context(self._client.connect()) for _ in range(SLOW_CLIENTS)]
            for connection in slow:
                connection.sendall(head)

            def drip() -> None:
                while not ended.wait(DRIP_SECONDS):
                    for connection in slow:
                        connection.sendall(bytes(DRIP_BYTES))

            thread = Thread(target=drip)
            thread.start()
            try:
                yield
            finally:
                ended.set()
                thread.join()


def measure(bench: Bench) -> None:
    """Large uploads in turn, then each server among its slow clients."""
    bench.system.fresh("gateway")
    with ExitStack() as stack:
        service = bench.system.service("gateway")
        ours = bench.system.client()
        served = {OURS: Served(bench, ours, service.pid)}
        for name, kind in OTHERS.items():
            process = _start(bench, kind)
            stack.callback(process.stop, START_SECONDS)
            url = f"http://127.0.0.1:{process.environment['PORT']}"
            process.wait_for_url(f"{url}/readyz", START_SECONDS)
            served[name] = Served(bench, ours.at(url), process.pid)
        gigabytes = bench.inputs.upload.stat().st_size / 1e9
        bench.compete(
            f"upload of {gigabytes:.2f} GB by PUT (CPU and memory: of the server)",
            [Contender(name, server.upload) for name, server in served.items()],
            bench.rounds(ROUNDS),
        )
        for name, server in served.items():
            _among_slow_clients(bench, name, server)


def _start(bench: Bench, kind: str) -> Process:
    service = bench.system.service("gateway")
    ports = {"PORT": str(free_port()), "METRICS_PORT": str(free_port())}
    process = Process(
        f"gateway-{kind}",
        [sys.executable, "-m", "benchmarks.other_servers", kind],
        log=service.process.log.with_name(f"gateway-{kind}.log"),
        environment=service.process.environment | ports,
        folder=CHECKOUT,
    )
    process.start()
    return process


def _among_slow_clients(bench: Bench, name: str, server: Served) -> None:
    rounds = bench.rounds(ROUNDS)
    alone = server.upload_seconds(rounds)
    watch = server.watch()
    with server.slow_clients(), watch.running():
        milliseconds = server.latencies()
        beside = server.upload_seconds(rounds)
    bench.say(f"{name}: among {SLOW_CLIENTS} slow clients")
    median, times = statistics.median(milliseconds), beside / alone
    bench.outcome.details |= {
        f"{name}: GET /healthz, median ms": median,
        f"{name}: GET /healthz, 95 of 100 within ms": statistics.quantiles(milliseconds, n=20)[-1],
        f"{name}: upload, times as long as alone": times,
        f"{name}: peak memory, MB": watch.memory_mb,
    }
    if name == OURS:
        bench.record(LATENCY, median)
        bench.record(BESIDE, times)
        bench.record(MEMORY, watch.memory_mb)


SERVERS = Benchmark(
    "servers",
    "the gateway under other WSGI servers, and among 300 slow uploads",
    (LATENCY, BESIDE, MEMORY),
    measure,
)
