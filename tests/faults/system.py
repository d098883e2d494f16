"""The whole system as real processes, with short times, services that can be interrupted at a step,
and everything healed and emptied between two tests.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psutil
import pymongo
import requests
from pika import BlockingConnection, URLParameters
from prometheus_client.parser import text_string_to_metric_families

from chassis.broker.topology import dead_letters, declare
from chassis.messages import QUEUES
from devstack.daemon import Daemon
from devstack.mail_sink import Mode
from devstack.services import CHECKOUT, Service
from devstack.stack import LOGIN_EMAIL, Stack
from tests.faults.client import Client
from tests.faults.steps import Interruption, Step
from tests.waiting import wait_for

LEASE_SECONDS = 3.0
SETTINGS = {
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "RETRY_DELAYS": "1,1,1,1",
    "ANNOUNCE_SECONDS": "1",
    "SWEEP_SECONDS": "0.5",
    "ORPHAN_SECONDS": "2",
    "CONVERSION_STALL_SECONDS": "4",
    "DRAIN_SECONDS": "1",
    "FOLLOWED_UPLOADS": "0",  # so that each step is where a test looks for it
    "MAX_UNFINISHED_JOBS": "1000",
    "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT}",
}
INTERRUPTIBLE = ("gateway", "converter", "fetcher", "notification", "sweeper")
CACHE = ("cached_content", "cached_links", "asked_sites")
STORES = ("videos", "mp3s")


class System:
    """The stack, a user, and the ways to harm it. As a context manager it runs meanwhile.

    `settings` are for every service, beside those of all fault tests.
    """

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.stack = Stack.on_free_ports(
            folder,
            SETTINGS | settings,
            mongodb_options=("--setParameter", "enableTestCommands=1"),
        )
        for name in INTERRUPTIBLE:
            self._make_interruptible(self.stack.services[name])
        self.further: list[Service] = []
        self.store: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            self.stack.mongodb.url, tz_aware=True, serverSelectionTimeoutMS=60_000
        )
        self.client = self._client(lambda: self.service("gateway").url)

    @property
    def jobs(self) -> "pymongo.collection.Collection[dict[str, Any]]":
        """The jobs as they are stored."""
        return self.store["jobs"]["jobs"]

    def client_of(self, gateway_url: Callable[[], str]) -> Client:
        """The user, logged in, at the gateways that `gateway_url` chooses for each request."""
        client = self._client(gateway_url)
        client.log_in().raise_for_status()
        return client

    def _client(self, gateway_url: Callable[[], str]) -> Client:
        return Client(gateway_url, LOGIN_EMAIL, self.stack.login_password)

    def job(self, fid: str) -> dict[str, Any]:
        """The job as it is stored now."""
        found = self.jobs.find_one({"_id": fid})
        assert found is not None, f"{fid} is gone"
        return found

    def service(self, name: str) -> Service:
        """The first replica of a service."""
        return self.stack.services[name]

    def add_replica(self, name: str) -> Service:
        """Start another replica, which runs until the end of the test."""
        service = self.stack.replica(name, 2 + len(self.further))
        self._make_interruptible(service)
        self.further.append(service)
        service.start()
        return service

    def interrupt(
        self, service: Service, step: Step, number: signal.Signals = signal.SIGKILL
    ) -> None:
        """Have `service` send itself a signal the next time that it comes to `step`."""
        path = Path(service.settings["INTERRUPTION"])
        fresh = path.with_suffix(".new")
        fresh.write_text(Interruption(step, number).to_json())
        fresh.replace(path)

    def await_killed(self, service: Service) -> None:
        """Wait until `service` has killed itself."""
        wait_for(lambda: not service.running, what=f"the end of {service.name}")
        assert service.process.exit_code == -signal.SIGKILL, service.process.log_tail()

    def await_stopped(self, service: Service) -> None:
        """Wait until `service` has stopped itself."""
        stopped = psutil.STATUS_STOPPED
        process = psutil.Process(service.pid)
        wait_for(lambda: process.status() == stopped, what=f"the stop of {service.name}")

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel to RabbitMQ with confirms, on which all queues are declared."""
        with BlockingConnection(URLParameters(self.stack.rabbitmq.url)) as connection:
            channel = connection.channel()
            for queue in QUEUES:
                declare(channel, queue)
            channel.confirm_delivery()
            yield channel

    def messages(self) -> dict[str, int]:
        """How many messages each queue holds, those on their way to a consumer among them."""
        told = self.stack.rabbitmq.control("list_queues", "--no-table-headers", "name", "messages")
        return {name: int(count) for name, count in map(str.split, told.splitlines())}

    def heal(self) -> None:
        """End every fault: what is stopped goes on, what has ended is started again."""
        for service in self._services:
            Path(service.settings["INTERRUPTION"]).unlink(missing_ok=True)
        self.stack.mail_sink.set_mode(Mode.ACCEPT)
        for daemon in (*self.stack.servers, *self.stack.services.values()):
            _revive(daemon)
        for service in self.further:
            service.stop()
        self.further.clear()

    def empty(self) -> None:
        """Remove every job, file, message and mail; the indexes and the accounts stay."""
        self.jobs.delete_many({})
        for collection in CACHE:
            self.store["jobs"][collection].delete_many({})
        for store in STORES:
            for collection in ("fs.files", "fs.chunks"):
                self.store[store][collection].delete_many({})
        with self.channel() as channel:
            for queue in QUEUES:
                channel.queue_purge(queue)
                channel.queue_purge(dead_letters(queue))
        self.stack.mail_sink.clear()

    @property
    def _services(self) -> list[Service]:
        first = [self.stack.services[name] for name in INTERRUPTIBLE]
        return first + self.further

    def _make_interruptible(self, service: Service) -> None:
        path = self.stack.folder / f"{service.name}.interruption"
        service.settings["INTERRUPTION"] = service.process.environment["INTERRUPTION"] = str(path)
        program, _, *arguments = service.process.command
        service.process.command = [program, "-m", "tests.faults.interruptible", *arguments]

    def __enter__(self) -> Self:
        self.stack.__enter__()
        self.client.log_in().raise_for_status()
        return self

    def __exit__(self, *exc_info: object) -> None:
        for service in self.further:
            service.stop()
        self.store.close()
        self.stack.stop()


def _revive(daemon: Daemon) -> None:
    if daemon.running:
        daemon.resume()
    else:
        daemon.start()


def counted(service: Service, counter: str) -> float:
    """What a Prometheus counter of `service` says, over all its labels."""
    metrics = requests.get(service.metrics_url, timeout=10).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == counter
    )
