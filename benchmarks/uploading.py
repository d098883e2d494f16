"""Uploads: against the older design, and against bytes into GridFS with no HTTP at all."""

from collections.abc import Callable

from benchmarks import gridfs_limit
from benchmarks.bench import Bench, Benchmark
from benchmarks.client import Answer, Client, Refused
from benchmarks.content import Content
from benchmarks.contest import Cost, in_service, ratio
from benchmarks.costs import measured
from benchmarks.figures import Goal
from benchmarks.older import MP3S, VIDEOS

OURS, PUT, OLDER, LIMIT = "ours, multipart", "ours, raw PUT", "older design", "GridFS without HTTP"
ROUNDS = 16  # the same code comes out up to a tenth apart in eight
OLDER_ANSWER, LIMIT_ANSWER = "older design", "bytes into GridFS without HTTP"

MULTIPART = "multipart upload of 1 GB with hash, times as fast"
RAW = "raw PUT upload of 1 GB with hash, times as fast"
AGAINST_OLDER = Goal(MULTIPART, "x", 2.5, 3.0, against=OLDER_ANSWER, at_least=True)
AGAINST_LIMIT = Goal(MULTIPART, "x", 0.85, 0.95, against=LIMIT_ANSWER, at_least=True)
PUT_AGAINST_OLDER = Goal(RAW, "x", 2.5, 3.0, against=OLDER_ANSWER, at_least=True)
PUT_AGAINST_LIMIT = Goal(RAW, "x", 0.85, 0.95, against=LIMIT_ANSWER, at_least=True)
CPU = Goal("gateway's CPU for each GB uploaded", "s", 2.0, 1.2)
MEMORY = Goal("gateway's memory while uploading", "MB", 120, 80)


class Uploading:
    """Everybody who can store an upload, each time the same film with another end."""

    def __init__(self, bench: Bench) -> None:
        self._system = bench.system
        self._path = bench.inputs.upload
        self._system.fresh("gateway")
        self._system.older.start_web()
        self._client = self._system.client()
        self._older_client = self._system.older_client()

    def ours(self, send: Callable[[Client, Content], Answer]) -> Cost:
        """Through our gateway; the store is emptied in the way that it is for all."""
        watch = self._system.watch("gateway")
        fids: list[str] = []

        def upload() -> float:
            answer = send(self._client, Content.unique(self._path))
            fids.append(answer.fid)
            return answer.seconds

        cost = measured(upload, watch, self._system.watch_mongodb())
        self._client.delete(fids[0])
        self._system.empty_videos()
        return cost

    def older(self) -> Cost:
        """Through the older gateway; what was stored is deleted."""
        watch = self._system.watch_older(self._system.older.gateway_pid)
        cost = measured(self._upload_older, watch, self._system.watch_mongodb())
        for database in (VIDEOS, MP3S):
            self._system.mongo.drop_database(database)
        return cost

    def limit(self) -> Cost:
        """By a driver in this process; what was stored is deleted."""
        return gridfs_limit.storing_cost(self._system, Content.unique(self._path))

    def _upload_older(self) -> float:
        answer = self._older_client.upload(Content.unique(self._path))
        if answer.status != 200:
            raise Refused(f"the older gateway answered {answer.status}")
        return answer.seconds


def measure(bench: Bench) -> None:
    """All of them in turn, while nobody converts."""
    uploading = Uploading(bench)
    # MongoDB's cache grows with the first upload after its start, whosever it is.
    uploading.ours(Client.upload)
    gigabytes = bench.inputs.upload.stat().st_size / 1e9
    costs = bench.compete(
        f"upload of {gigabytes:.2f} GB (CPU and memory: of the gateway)",
        [
            in_service(OURS, lambda: uploading.ours(Client.upload)),
            in_service(OLDER, uploading.older),
            in_service(PUT, lambda: uploading.ours(Client.put)),
            in_service(LIMIT, uploading.limit),
        ],
        bench.rounds(ROUNDS),
    )
    bench.record(AGAINST_OLDER, ratio(costs, OLDER, OURS))
    bench.record(AGAINST_LIMIT, ratio(costs, LIMIT, OURS))
    bench.record(PUT_AGAINST_OLDER, ratio(costs, OLDER, PUT))
    bench.record(PUT_AGAINST_LIMIT, ratio(costs, LIMIT, PUT))
    bench.record(CPU, (costs[OURS].cpu_seconds or 0.0) / gigabytes)
    bench.record(MEMORY, costs[OURS].memory_mb)
    bench.system.older.stop()


UPLOAD = Benchmark(
    "upload",
    "1 GB against the older design and against GridFS without HTTP",
    (AGAINST_OLDER, AGAINST_LIMIT, PUT_AGAINST_OLDER, PUT_AGAINST_LIMIT, CPU, MEMORY),
    measure,
)
