"""Our own services as real processes, each with the settings it is given and nothing else."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.daemon import Daemon, bare_environment
from devstack.ports import LOOPBACK, free_port
from devstack.process import Process, run

CHECKOUT = Path(__file__).parent.parent
START_SECONDS = 60.0
MAIL_FROM = "mp3@example.com"


@dataclass(frozen=True)
class ServiceKind:
    """How a service is started.

    `ports`: the settings that hold its ports; /healthz and /readyz stand on the first, /metrics on
    the last. `settings`: what it needs to know of the installation, and no more.
    """

    arguments: tuple[str, ...]
    ports: tuple[str, ...]
    settings: tuple[str, ...]


_WEB = ("PORT", "METRICS_PORT")
_CONSUMER = ("HEALTH_PORT",)

SERVICES: Mapping[str, ServiceKind] = {
    "auth": ServiceKind(
        ("auth", "serve"),
        _WEB,
        ("MYSQL_URL", "SIGNING_KEYS_FILE", "ADMIN_EMAIL", "ADMIN_PASSWORD"),
    ),
    "gateway": ServiceKind(
        ("gateway",), _WEB, ("MONGODB_URL", "AMQP_URL", "AUTH_URL", "PUBLIC_URL", "LINK_SECRET")
    ),
    "converter": ServiceKind(("converter",), _CONSUMER, ("MONGODB_URL", "AMQP_URL")),
    "fetcher": ServiceKind(("fetcher",), _CONSUMER, ("MONGODB_URL", "AMQP_URL")),
    "notification": ServiceKind(
        ("notification",),
        _CONSUMER,
        ("MONGODB_URL", "AMQP_URL", "SMTP_URL", "MAIL_FROM", "PUBLIC_URL", "LINK_SECRET"),
    ),
    "sweeper": ServiceKind(("sweeper",), _CONSUMER, ("MONGODB_URL", "AMQP_URL")),
}


class Service(Daemon):
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
        ports = {port: str(free_port()) for port in self.kind.ports if port not in settings}
        self.settings = {"LISTEN_HOST": LOOPBACK} | ports | dict(settings)
        title = name if replica is None else f"{name}-{replica}"
        super().__init__(
            Process(
                title,
                [sys.executable, "-m", *self.kind.arguments],
                log=folder.resolve() / f"{title}.log",
                environment=base_environment() | compiled_libraries() | self.settings,
            )
        )

    @property
    def url(self) -> str:
        """Address of its web server: of its health where it has no other."""
        return f"http://{LOOPBACK}:{self.settings[self.kind.ports[0]]}"

    @property
    def metrics_url(self) -> str:
        """Address of its Prometheus metrics."""
        return f"http://{LOOPBACK}:{self.settings[self.kind.ports[-1]]}/metrics"

    def await_ready(self) -> None:
        """Wait until /readyz answers 200; raises NotReady with the end of its log."""
        self.process.wait_for_url(f"{self.url}/readyz", START_SECONDS)


def new_signing_keys() -> str:
    """A fresh key set of auth (a JWK Set as JSON), as `python -m auth keygen` prints it."""
    command = [sys.executable, "-m", "auth", "keygen"]
    return run("auth keygen", command, base_environment())


def base_environment() -> dict[str, str]:
    """What every service finds beside its settings: where programs and our packages are."""
    return bare_environment() | {"PYTHONPATH": str(CHECKOUT / "src")}


def compiled_libraries() -> dict[str, str]:
    """Where the dynamic linker finds the LAME that scripts/bootstrap compiled, as images do."""
    return {"LD_LIBRARY_PATH": str(CHECKOUT / ".local/lame")}
