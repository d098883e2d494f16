"""Downloads of a large MP3: against `find()` over its chunks with no HTTP, and the older design."""

import time

import gridfs
from bson import ObjectId

from benchmarks import gridfs_limit
from benchmarks.bench import Bench, Benchmark
from benchmarks.client import Client, Refused
from benchmarks.content import Content
from benchmarks.contest import Contender, Cost, ratio
from benchmarks.costs import measured, with_mongodb
from benchmarks.figures import Goal
from benchmarks.inputs import DOWNLOAD_KBIT
from benchmarks.older import MP3S
from benchmarks.system import System
from benchmarks.watch import Watch

OURS, OLDER, LIMIT = "ours", "older design", "find() without HTTP"
ROUNDS = 15
TIMEOUT_SECONDS = 1800.0

AGAINST_LIMIT = Goal(
    "download of 100 MB, times as fast",
    "x",
    0.85,
    0.95,
    against="find() over chunks without HTTP",
    at_least=True,
)


class Downloading:
    """Everybody who can fetch the MP3 of the job `fid`."""

    def __init__(self, system: System, fid: str) -> None:
        self._system = system
        job = system.mongo["jobs"]["jobs"].find_one({"_id": fid}) or {}
        self._key = ObjectId(job["mp3_fid"])
        self.size: int = job["result"]["size"]
        self._chunks = system.mongo["mp3s"]["fs.chunks"]
        self._path = f"/download?fid={fid}"
        self._client = system.client()
        mp3 = gridfs.GridFS(system.mongo["mp3s"]).get(self._key)
        self._older_path = f"/download?fid={gridfs.GridFS(system.mongo[MP3S]).put(mp3)}"
        self._older_client = system.older_client()

    def ours(self) -> Cost:
        """From our gateway."""
        return self._cost(self._client, self._path, self._system.watch("gateway"))

    def older(self) -> Cost:
        """From the older gateway."""
        watch = self._system.watch_older(self._system.older.gateway_pid)
        return self._cost(self._older_client, self._older_path, watch)

    def limit(self) -> Cost:
        """By a driver in this process."""
        return with_mongodb(
            lambda: gridfs_limit.find(self._chunks, self._key, self.size),
            self._system.watch_mongodb(),
        )

    def _cost(self, client: Client, path: str, watch: Watch) -> Cost:
        def download() -> float:
            started = time.perf_counter()
            self._check(client.get(path))
            return time.perf_counter() - started

        return measured(download, watch, self._system.watch_mongodb(), sampling=False)

    def _check(self, count: int) -> None:
        if count != self.size:
            raise Refused(f"{count} bytes came instead of {self.size}")


def measure(bench: Bench) -> None:
    """The same MP3 by each of them."""
    system = bench.system
    system.fresh("gateway", "converter")
    system.older.start_web()
    client = system.client()
    options = {"bitrate": f"{DOWNLOAD_KBIT}k"}
    fid = client.upload(Content.unique(bench.inputs.recording), options).fid
    client.await_ready(fid, TIMEOUT_SECONDS)
    downloading = Downloading(system, fid)
    costs = bench.compete(
        f"download of {downloading.size / 1e6:.0f} MB (CPU: of the gateway)",
        [
            Contender(OURS, downloading.ours),
            Contender(OLDER, downloading.older),
            Contender(LIMIT, downloading.limit),
        ],
        bench.rounds(ROUNDS),
    )
    bench.record(AGAINST_LIMIT, ratio(costs, LIMIT, OURS))
    system.older.stop()


DOWNLOAD = Benchmark("download", "100 MB against MongoDB's find()", (AGAINST_LIMIT,), measure)
