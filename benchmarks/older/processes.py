"""The older design as processes on the servers of a stack, in databases and queues of its own."""

import sys
from functools import partial
from pathlib import Path

import pika

from benchmarks.older import MP3_QUEUE, VIDEO_QUEUE
from benchmarks.older.auth import create_token
from devstack.ports import LOOPBACK, free_port
from devstack.process import Process
from devstack.server import first_bytes
from devstack.services import CHECKOUT, base_environment

START_SECONDS = 60.0
STOP_SECONDS = 10.0
SECRET = "one secret for all services, as it was"  # noqa: S105 - it guards nothing
USERNAME = "somebody@example.com"


class OlderDesign:
    """Its three services: `web` (gateway and auth) and `converter` apart.

    Its temporary files and logs are in `folder`.
    """

    def __init__(self, folder: Path, mongodb_url: str, amqp_url: str) -> None:
        self._folder = folder
        self._amqp_url = amqp_url
        self.logs = folder / "logs"
        self._ports = {"auth": free_port(), "gateway": free_port()}
        self.url = f"http://{LOOPBACK}:{self._ports['gateway']}"
        self.token = create_token(USERNAME, SECRET)
        auth_url = f"http://{LOOPBACK}:{self._ports['auth']}"
        self._auth = self._web("auth", SECRET)
        self._gateway = self._web("gateway", mongodb_url, amqp_url, auth_url)
        module = ("-m", "benchmarks.older.converter")
        self._converter = self._process("converter", *module, mongodb_url, amqp_url)

    @property
    def gateway_pid(self) -> int:
        """Process id of the gateway."""
        return self._gateway.pid

    @property
    def converter_pid(self) -> int:
        """Process id of the converter."""
        return self._converter.pid

    def start_web(self) -> None:
        """Start auth and the gateway, and wait until they answer; raises NotReady."""
        for name, process in (("auth", self._auth), ("gateway", self._gateway)):
            process.start()
            process.wait_until(partial(_answers, self._ports[name]), START_SECONDS)

    def start_converter(self) -> None:
        """Start the converter, and wait until it consumes; raises NotReady."""
        self._converter.start()
        self._converter.wait_for_line("^ready", START_SECONDS)

    def stop(self) -> None:
        """End whatever runs."""
        for process in (self._converter, self._gateway, self._auth):
            process.stop(STOP_SECONDS)

    def drop_messages(self) -> None:
        """Delete its queues, where uploads wait that nobody converted; they are made at start."""
        with pika.BlockingConnection(pika.URLParameters(self._amqp_url)) as connection:
            channel = connection.channel()
            for queue in (VIDEO_QUEUE, MP3_QUEUE):
                channel.queue_delete(queue)

    def _web(self, name: str, *arguments: str) -> Process:
        port = str(self._ports[name])
        return self._process(name, "-m", f"benchmarks.older.{name}", port, *arguments)

    def _process(self, name: str, *arguments: str) -> Process:
        environment = base_environment()
        environment["PYTHONPATH"] = str(CHECKOUT)
        environment["TMPDIR"] = str(self._folder)
        return Process(
            f"the older {name}",
            [sys.executable, *arguments],
            log=self.logs / f"{name}.log",
            environment=environment,
        )


def _answers(port: int) -> bool:
    return first_bytes(port, b"GET / HTTP/1.0\r\n\r\n", 4) == b"HTTP"
