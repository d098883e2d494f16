"""The servers, our services and the older design beside them, as the measurements need them."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pymongo
import requests

from benchmarks.client import Client
from benchmarks.older import MP3_QUEUE as OLDER_MP3_QUEUE
from benchmarks.older import VIDEO_QUEUE as OLDER_VIDEO_QUEUE
from benchmarks.older.processes import OlderDesign
from benchmarks.watch import Watch, cpu_seconds
from benchmarks.work import Work
from chassis.messages import MP3_QUEUE, VIDEO_QUEUE
from chassis.mongo import GridFsMediaStore, media
from devstack.ports import LOOPBACK, free_port
from devstack.services import Service
from devstack.stack import LOGIN_EMAIL, Stack

SETTINGS = {
    "ANNOUNCE_SECONDS": "3600",  # no message but those that a measurement sends
    "MAX_UNFINISHED_JOBS": "100000",
    "DRAIN_SECONDS": "0",
}
# As a machine of its own for MongoDB would have it; devstack's default suits tests.
MONGODB_CACHE = "cache_size=2G"
PERMANENT = ("auth",)  # holds no data that a measurement would meet
IDLE_SHARE = 0.05
IDLE_SECONDS = 0.3
SETTLE_SECONDS = 60.0


class System:
    """One stack on free ports with its data in `folder`. As a context manager it runs meanwhile.

    `site_port` is where a site of ours may listen that the fetcher fetches from.
    """

    def __init__(self, folder: Path) -> None:
        self._logs = folder / "stack" / "logs"
        self.site_port = free_port()
        site = {"LINK_OPEN_ADDRESSES": f"{LOOPBACK}:{self.site_port}"}
        self.stack = Stack.on_free_ports(folder / "stack", SETTINGS | site)
        self.mongo: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            self.stack.mongodb.url, connect=False
        )
        self.older = OlderDesign(folder / "older", self.stack.mongodb.url, self.stack.rabbitmq.url)

    def fresh(self, *services: str) -> None:
        """Nothing stored or left to the older design, and new processes of these and auth alone."""
        self.older.stop()
        self._stop(*(name for name in self.stack.services if name not in PERMANENT))
        self.stack.mongodb.drop_databases()
        self.older.drop_messages()
        for name in services:
            self.stack.services[name].start()

    def service(self, name: str) -> Service:
        """A service."""
        return self.stack.services[name]

    def watch(self, *services: str) -> Watch:
        """What those services use, from now on."""
        return Watch([self.service(name).pid for name in services], self._logs)

    def watch_older(self, pid: int) -> Watch:
        """What a service of the older design uses, from now on."""
        return Watch([pid], self.older.logs)

    def watch_mongodb(self) -> Watch:
        """What MongoDB uses, from now on."""
        return Watch([self.stack.mongodb.pid])

    def client(self) -> Client:
        """A user of our gateway."""
        credentials = (LOGIN_EMAIL, self.stack.login_password)
        answer = requests.post(f"{self.stack.gateway_url}/login", auth=credentials, timeout=60)
        answer.raise_for_status()
        return Client(self.stack.gateway_url, answer.text)

    def older_client(self) -> Client:
        """A user of the older gateway."""
        return Client(self.older.url, self.older.token)

    def work(self) -> Work:
        """The queues of our converter, while notification does not run."""
        return Work(self.stack.rabbitmq.url, VIDEO_QUEUE, MP3_QUEUE, "job_id")

    def older_work(self) -> Work:
        """The queues of the older converter."""
        return Work(self.stack.rabbitmq.url, OLDER_VIDEO_QUEUE, OLDER_MP3_QUEUE, "video_fid")

    def settle(self) -> None:
        """Wait until MongoDB has written down and cleaned up what came before."""
        self.mongo.admin.command("fsync")
        pids = [self.stack.mongodb.pid]
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            before = cpu_seconds(pids)
            time.sleep(IDLE_SECONDS)
            if cpu_seconds(pids) - before < IDLE_SHARE * IDLE_SECONDS:
                return

    def empty_videos(self) -> None:
        """Delete all that was uploaded or fetched, at once.

        What is left of it fills MongoDB's cache, which whoever comes next pays for.
        """
        self.mongo.drop_database(media.VIDEOS)
        GridFsMediaStore(self.mongo, media.VIDEOS).prepare()

    def _stop(self, *services: str) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(Service.stop, map(self.service, services)))

    def __enter__(self) -> Self:
        self.stack.__enter__()
        self.mongo.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig=MONGODB_CACHE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.mongo.close()
        self.older.stop()
        self.stack.__exit__(kind, error, trace)
