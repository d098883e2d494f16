"""Our own services as real processes, each with the settings it is given and nothing else."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.ports import LOOPBACK, free_port
from devstack.process import Process
from devstack.server import SEARCH_PATH

CHECKOUT = Path(__file__).parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 60.0  # running work is finished or given back

MAIL_FROM = "mp3@example.com"


@dataclass(frozen=True)
class ServiceKind:
    """How a service is started, and which setting holds the port that its health stands on."""

    arguments: tuple[str, ...]
    health_port: str
    port_settings: tuple[str, ...]


_WEB = ("PORT", "METRICS_PORT")
_CONSUMER = ("HEALTH_PORT",)

SERVICES: Mapping[str, ServiceKind] = {
    "auth": ServiceKind(("auth", "serve"), "PORT", _WEB),
    "gateway": ServiceKind(("gateway",), "PORT", _WEB),
    "converter": ServiceKind(("converter",), "HEALTH_PORT", _CONSUMER),
    "notification": ServiceKind(("notification",), "HEALTH_PORT", _CONSUMER),
    "sweeper": ServiceKind(("sweeper",), "HEALTH_PORT", _CONSUMER),
}


class Service:
    """One replica of a service; its log is `NAME.log` (JSON lines) in `folder`.

    `settings` are its environment; ports that they do not name are chosen free, and stay the same
    when it is started again.
    """

    def __init__(
        self,
        name: str,
        settings: Mapping[str, str],
        folder: Path,
        *,
        replica: int | None = None,
    ) -> None:
        self.kind = SERVICES[name]
        self.name = name if replica is None else f"{name}-{replica}"
        ports = {port: str(free_port()) for port in self.kind.port_settings if port not in settings}
        self.settings = {"LISTEN_HOST": LOOPBACK} | ports | dict(settings)
        self.process = Process(
            self.name,
            [sys.executable, "-m", *self.kind.arguments],
            log=folder.resolve() / f"{self.name}.log",
            environment=base_environment() | self.settings,
        )

    @property
    def url(self) -> str:
        """Address of its web server: of its health where it has no other."""
        return f"http://{LOOPBACK}:{self.settings[self.kind.health_port]}"

    @property
    def metrics_url(self) -> str:
        """Address of its Prometheus metrics."""
        port = self.settings.get("METRICS_PORT", self.settings[self.kind.health_port])
        return f"http://{LOOPBACK}:{port}/metrics"

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self.process.running

    def launch(self) -> None:
        """Start without waiting; `await_ready` waits."""
        self.process.start()

    def await_ready(self) -> None:
        """Wait until /readyz answers 200; raises NotReadyError with the end of its log."""
        self.process.wait_for_url(f"{self.url}/readyz", START_SECONDS)

    def start(self) -> None:
        """Start and wait until it is ready; also after `stop` and `kill`."""
        self.launch()
        self.await_ready()

    def stop(self) -> None:
        """SIGTERM, and wait until it has ended."""
        self.process.stop(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL it and its children."""
        self.process.kill()

    def suspend(self) -> None:
        """SIGSTOP it and its children."""
        self.process.suspend()

    def resume(self) -> None:
        """SIGCONT it and its children."""
        self.process.resume()


def new_signing_keys() -> str:
    """A fresh key set of auth (a JWK Set as JSON), as `python -m auth keygen` prints it."""
    return subprocess.run(
        [sys.executable, "-m", "auth", "keygen"],
        env=base_environment(),
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def base_environment() -> dict[str, str]:
    """What every service finds beside its settings: where programs and our packages are."""
    return {
        "PATH": os.environ.get("PATH", SEARCH_PATH),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(CHECKOUT / "src"),
    }
