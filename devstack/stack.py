"""The whole system on one machine: the servers, our services, the secrets and settings they need.

Everything that must be found again at the next start lies in one folder.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack.daemon import Daemon
from devstack.mail_sink import MailSink
from devstack.mariadb import MariaDB
from devstack.mongodb import MongoDB
from devstack.ports import LOOPBACK, Purpose, free_port
from devstack.process import ProgramFailed
from devstack.rabbitmq import RabbitMQ
from devstack.secret import kept_secret, write_private
from devstack.server import Server
from devstack.services import MAIL_FROM, SERVICES, Service, new_signing_keys

PORTS = (
    Purpose("GATEWAY_PORT", 8080, "the gateway"),
    Purpose("AUTH_PORT", 8081, "auth"),
    Purpose("MONGODB_PORT", 11017, "MongoDB"),
    Purpose("SMTP_PORT", 11025, "the mail sink"),
    Purpose("MAIL_PAGE_PORT", 8025, "the page that shows the mails"),
    Purpose("MARIADB_PORT", 11306, "MariaDB"),
    Purpose("RABBITMQ_PORT", 11672, "RabbitMQ"),
    Purpose("GATEWAY_METRICS_PORT", 11080, "the gateway's metrics"),
    Purpose("AUTH_METRICS_PORT", 11081, "auth's metrics"),
    Purpose("CONVERTER_HEALTH_PORT", 11082, "the converter's health"),
    Purpose("NOTIFICATION_HEALTH_PORT", 11083, "notification's health"),
    Purpose("FETCHER_HEALTH_PORT", 11085, "the fetcher's health"),
    Purpose("SWEEPER_HEALTH_PORT", 11084, "the sweeper's health"),
)
LOGIN_EMAIL = "admin@example.com"
RESTARTS = 3


class Stack:
    """Four servers and one replica of each service.

    `ports` has a port for each variable of PORTS; `overrides` are settings for every service;
    `rabbitmq_config`, `rabbitmq_plugins` and `mongodb_options` are as RabbitMQ and MongoDB take
    them. Progress is told to `say`, in sentences.
    """

    def __init__(
        self,
        folder: Path,
        ports: Mapping[str, int],
        *,
        overrides: Mapping[str, str] | None = None,
        rabbitmq_config: Sequence[str] = (),
        rabbitmq_plugins: Sequence[str] = (),
        mongodb_options: Sequence[str] = (),
        say: Callable[[str], None] = print,
    ) -> None:
        self.folder = folder.resolve()
        self._say = say
        data = self.folder / "data"
        self.rabbitmq = RabbitMQ(
            data / "rabbitmq", ports["RABBITMQ_PORT"], rabbitmq_config, rabbitmq_plugins
        )
        self.mariadb = MariaDB(data / "mariadb", ports["MARIADB_PORT"])
        self.mongodb = MongoDB(data / "mongodb", ports["MONGODB_PORT"], mongodb_options)
        self.mail_sink = MailSink(data / "mail", ports["SMTP_PORT"], ports["MAIL_PAGE_PORT"])
        self.servers: tuple[Server, ...] = (
            self.rabbitmq,
            self.mariadb,
            self.mongodb,
            self.mail_sink,
        )
        self.gateway_url = f"http://{LOOPBACK}:{ports['GATEWAY_PORT']}"
        self.auth_url = f"http://{LOOPBACK}:{ports['AUTH_PORT']}"
        self.login_password = kept_secret(self._secrets / "login-password")
        shared = self._settings()
        self.services = {
            name: Service(
                name,
                {setting: shared[setting] for setting in kind.settings}
                | {setting: str(ports[f"{name.upper()}_{setting}"]) for setting in kind.ports}
                | dict(overrides or {}),
                self.folder / "logs",
            )
            for name, kind in SERVICES.items()
        }
        self._restarts: dict[str, int] = {}

    @classmethod
    def on_free_ports(
        cls,
        folder: Path,
        overrides: Mapping[str, str] | None = None,
        *,
        rabbitmq_config: Sequence[str] = (),
        rabbitmq_plugins: Sequence[str] = (),
        mongodb_options: Sequence[str] = (),
    ) -> Self:
        """A stack that meets no other on this machine."""
        return cls(
            folder,
            {purpose.variable: free_port() for purpose in PORTS},
            overrides=overrides,
            rabbitmq_config=rabbitmq_config,
            rabbitmq_plugins=rabbitmq_plugins,
            mongodb_options=mongodb_options,
        )

    @property
    def addresses(self) -> dict[str, str]:
        """Where everything is and how to log in, as `.local/env` has it."""
        return {
            "GATEWAY_URL": self.gateway_url,
            "AUTH_URL": self.auth_url,
            "LOGIN_EMAIL": LOGIN_EMAIL,
            "LOGIN_PASSWORD": self.login_password,
            "MAIL_DIR": str(self.mail_sink.mail_folder),
            "MAIL_URL": self.mail_sink.web_url,
            "MONGODB_URL": self.mongodb.url,
            "AMQP_URL": self.rabbitmq.url,
            "MYSQL_URL": self.mariadb.url,
        }

    @property
    def _secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def _signing_keys(self) -> Path:
        return self._secrets / "signing-keys.json"

    def _settings(self) -> dict[str, str]:
        return {
            "MONGODB_URL": self.mongodb.url,
            "AMQP_URL": self.rabbitmq.url,
            "MYSQL_URL": self.mariadb.url,
            "SMTP_URL": self.mail_sink.url,
            "AUTH_URL": self.auth_url,
            "PUBLIC_URL": self.gateway_url,
            "MAIL_FROM": MAIL_FROM,
            "ADMIN_EMAIL": LOGIN_EMAIL,
            "ADMIN_PASSWORD": self.login_password,
            "LINK_SECRET": kept_secret(self._secrets / "link-secret"),
            "SIGNING_KEYS_FILE": str(self._signing_keys),
        }

    def start(self) -> None:
        """Start everything and wait until it is ready; raises ProgramFailed."""
        self._say(f"starting {', '.join(server.name for server in self.servers)}")
        for server in self.servers:
            server.launch()
        for server in self.servers:
            server.await_ready()
        if not self._signing_keys.exists():
            write_private(self._signing_keys, new_signing_keys())
        self._say(f"starting {', '.join(self.services)}")
        for service in self.services.values():
            service.launch()
        for service in self.services.values():
            service.await_ready()

    def replica(
        self, name: str, number: int, overrides: Mapping[str, str] | None = None
    ) -> Service:
        """Another replica of a service, on free ports, for the caller to start and to stop.

        It has the settings of the first one, except `overrides`.
        """
        first = self.services[name]
        settings = {
            setting: value
            for setting, value in first.settings.items()
            if setting not in first.kind.ports
        }
        return Service(name, settings | dict(overrides or {}), self.folder / "logs", replica=number)

    def mend(self) -> None:
        """Start again what has ended by itself; raises ProgramFailed when it keeps ending."""
        daemons: tuple[Daemon, ...] = (*self.servers, *self.services.values())
        for daemon in daemons:
            if daemon.running:
                continue
            count = self._restarts[daemon.name] = self._restarts.get(daemon.name, 0) + 1
            ended = (
                f"{daemon.name} ended by itself with exit code {daemon.process.exit_code}. "
                f"The end of {daemon.process.log}:\n{daemon.process.log_tail()}"
            )
            if count > RESTARTS:
                raise ProgramFailed(
                    f"{ended}\n{daemon.name} was started again {RESTARTS} times; no more"
                )
            self._say(f"{ended}\nstarting {daemon.name} again ({count} of {RESTARTS})")
            daemon.launch()

    def stop(self) -> None:
        """End the services, all at once, then the servers; data stay."""
        for daemons in (self.services.values(), self.servers):
            with ThreadPoolExecutor() as pool:
                list(pool.map(Daemon.stop, daemons))

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
