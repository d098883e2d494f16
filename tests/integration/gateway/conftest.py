"""Gateways to test: one for each module of tests, and further ones with settings of their own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import pytest

from devstack.mongodb import MongoDB
from devstack.rabbitmq import RabbitMQ
from devstack.services import START_SECONDS, Service
from tests.integration.gateway.key_server import KeyServer
from tests.integration.gateway.running import LINK_SECRET, PUBLIC_URL, RunningGateway


class StartGateway(Protocol):
    """Starts a gateway of the module's own with other settings."""

    def __call__(self, *, ready: bool = True, **settings: Any) -> RunningGateway:
        """Settings as in the environment, in lower case; `ready`: wait until it is ready."""


@pytest.fixture(scope="module")
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def start_gateway(
    key_server: KeyServer,
    mongodb: MongoDB,
    rabbitmq: RabbitMQ,
    _vhosts: Iterator[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StartGateway]:
    mongodb.drop_databases()
    started: list[RunningGateway] = []

    def start(*, ready: bool = True, **settings: Any) -> RunningGateway:
        amqp_url = rabbitmq.vhost_url(next(_vhosts))
        environment = {
            "MONGODB_URL": mongodb.url,
            "AMQP_URL": amqp_url,
            "AUTH_URL": key_server.url,
            "PUBLIC_URL": PUBLIC_URL,
            "LINK_SECRET": LINK_SECRET,
            "DRAIN_SECONDS": "0",
            "GRACE_SECONDS": "5",
        } | {name.upper(): str(value) for name, value in settings.items()}
        folder: Path = tmp_path_factory.mktemp("gateway")
        service = Service("gateway", environment, folder)
        service.launch()
        if ready:
            service.await_ready()
        else:
            service.process.wait_for_url(f"{service.url}/healthz", START_SECONDS)
        gateway = RunningGateway(
            service, key_server, environment["MONGODB_URL"], environment["AMQP_URL"]
        )
        started.append(gateway)
        return gateway

    yield start
    with ThreadPoolExecutor(max(1, len(started))) as pool:
        list(pool.map(lambda gateway: gateway.close(), started))
    mongodb.drop_databases()


@pytest.fixture(scope="module")
def gateway(start_gateway: StartGateway) -> RunningGateway:
    """A gateway that takes files of 8 MiB at most, and is patient."""
    return start_gateway(max_upload_bytes=8 << 20, max_unfinished_jobs=50)
