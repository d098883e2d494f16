"""Requests a second: the state of a job, against the older design's check of tokens by HTTP."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

from bson import ObjectId

from benchmarks.bench import Bench, Benchmark
from benchmarks.client import Client, Refused
from benchmarks.content import Content
from benchmarks.contest import Contender, Cost, ratio
from benchmarks.costs import measured
from benchmarks.figures import Goal
from benchmarks.older import VIDEOS
from benchmarks.watch import Watch

OURS, OLDER = "ours", "older design"
CONNECTIONS = 8
REQUESTS, REQUESTS_QUICK = 4000, 800
ROUNDS = 5
RECEIVE_BYTES = 64 * 1024

RATE = Goal(
    "requests a second, GET /jobs/<fid>, one gateway worker",
    "x",
    5,
    20,
    against="older design's token check by HTTP",
    at_least=True,
)


def measure(bench: Bench) -> None:
    """The same number of requests to each, over connections that stay open where they may."""
    system = bench.system
    count = REQUESTS_QUICK if bench.quick else REQUESTS
    system.fresh("gateway")
    system.older.start_web()
    client, older_client = system.client(), system.older_client()
    fid = client.upload(Content.unique(bench.inputs.clip)).fid
    older_fid = ObjectId()
    system.mongo[VIDEOS]["fs.files"].insert_one({"_id": older_fid})

    def cost(client: Client, fid: str, watch: Watch) -> Cost:
        request = client.request(f"/jobs/{fid}") + b"\r\n"
        return measured(
            lambda: load(client, request, count), watch, system.watch_mongodb(), sampling=False
        )

    costs = bench.compete(
        f"{count} requests over {CONNECTIONS} connections (CPU: of the gateway)",
        [
            Contender(OURS, lambda: cost(client, fid, system.watch("gateway"))),
            Contender(
                OLDER,
                lambda: cost(
                    older_client,
                    str(older_fid),
                    system.watch_older(system.older.gateway_pid),
                ),
            ),
        ],
        bench.rounds(ROUNDS),
    )
    bench.record(RATE, ratio(costs, OLDER, OURS))
    system.older.stop()


def load(client: Client, request: bytes, count: int) -> float:
    """The seconds that `count` requests take; raises Refused where one is not answered 200."""
    share = count // CONNECTIONS
    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda _: _requests(client, request, share), range(CONNECTIONS)))
    return time.perf_counter() - started


def _requests(client: Client, request: bytes, count: int) -> None:
    left = count
    while left:
        with client.connect() as connection:
            kept = True
            while left and kept:
                connection.sendall(request)
                kept = _receive_answer(connection)
                left -= 1


def _receive_answer(connection: socket.socket) -> bool:
    """Take one answer apart with as little effort as can be; whether the connection stays open."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise Refused(f"a request was answered {head.splitlines()[0]!r}")
    fields = head.lower()
    left = int(fields.partition(b"content-length:")[2].split(b"\r\n")[0]) - len(body)
    while left:
        left -= len(_some(connection))
    return b"connection: close" not in fields


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(RECEIVE_BYTES)
    if not data:
        raise Refused("a connection was closed within an answer")
    return data


REQUESTS_RATE = Benchmark(
    "requests", "requests a second against the older design", (RATE,), measure
)
