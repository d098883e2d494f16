"""A private RabbitMQ node on loopback with an epmd, a cookie and a user of its own.

Variables as in https://www.rabbitmq.com/docs/configure#supported-environment-variables.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from devstack.ports import LOOPBACK, free_port
from devstack.process import Process, run
from devstack.secret import kept_secret, write_private
from devstack.server import Server, first_bytes

PROGRAMS = Path("/usr/lib/rabbitmq/bin")
USER = "mp3"
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"  # AMQP 0-9-1, section 4.2.2


class RabbitMQ(Server):
    """One RabbitMQ node. `config` are further lines of rabbitmq.conf, such as `heartbeat = 5`.

    `plugins` are enabled; those that listen need a port of their own in `config`.
    """

    title = "rabbitmq"

    def __init__(
        self, folder: Path, port: int, config: Sequence[str] = (), plugins: Sequence[str] = ()
    ) -> None:
        self.config = tuple(config)
        self.plugins = tuple(plugins)
        self.password = kept_secret(folder / "password")
        # Erlang's own ports are found through epmd, so they may differ at each start.
        self._epmd_port = free_port()
        self._distribution_port = free_port()
        super().__init__(folder, port)
        # epmd is ours and in the foreground: the one that Erlang starts by itself outlives it.
        self._epmd = Process(
            "epmd",
            ["epmd", "-port", str(self._epmd_port), "-address", LOOPBACK],
            log=self.folder / "epmd.log",
            environment=self.environment(),
        )

    @property
    def url(self) -> str:
        """AMQP URL of the default virtual host."""
        return self.vhost_url("/")

    def vhost_url(self, vhost: str) -> str:
        """AMQP URL of the virtual host `vhost`."""
        return f"amqp://{USER}:{self.password}@{LOOPBACK}:{self.port}/{quote(vhost, safe='')}"

    def command(self) -> list[str]:
        """The server's own script; Debian's wrapper would change to another user and folder."""
        return [str(PROGRAMS / "rabbitmq-server")]

    def environment(self) -> dict[str, str]:
        """Everything in our folder, nothing from /etc/rabbitmq."""
        folder = self.folder
        return super().environment() | {
            "HOME": str(folder),  # the Erlang cookie
            "RABBITMQ_NODENAME": "mp3@localhost",
            "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CTL_DIST_PORT_MIN": "0",  # any free port
            "RABBITMQ_CTL_DIST_PORT_MAX": "0",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_CRASH_DUMP_SECONDS": "0",
            # The script then becomes the server instead of waiting for it: one pid for both.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def prepare(self) -> None:
        """Write the configuration and start epmd."""
        super().prepare()
        lines = [
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}",
            f"default_user = {USER}",
            f"default_pass = {self.password}",
            "log.console = true",
            "log.console.level = info",
            "log.file = false",
            *self.config,
        ]
        write_private(self.folder / "rabbitmq.conf", "\n".join(lines) + "\n")
        (self.folder / "advanced.config").write_text("[].\n")
        (self.folder / "enabled_plugins").write_text(f"[{','.join(self.plugins)}].\n")
        (self.folder / "rabbitmq-env.conf").write_text("")
        if not self._epmd.running:
            self._epmd.start()

    def answering(self) -> bool:
        """Whether it opens an AMQP connection: the listener is the last thing that it starts."""
        frame = first_bytes(self.port, PROTOCOL_HEADER, 16)
        return frame.startswith(b"\x01\x00\x00")

    def stop(self) -> None:
        """End the node and its epmd."""
        super().stop()
        self._epmd.kill()  # it keeps nothing

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl; returns what it printed, raises ProgramFailed."""
        command = [str(PROGRAMS / "rabbitmqctl"), "--quiet", *arguments]
        return run("rabbitmqctl", command, self.environment())

    def add_vhosts(self, names: Iterable[str]) -> None:
        """Make virtual hosts, which our user may use, in one run of rabbitmqctl (about 2 s)."""
        listed = ",".join(f'<<"{name}">>' for name in names)
        every = '<<".*">>'
        self.control(
            "eval",
            f'lists:foreach(fun(V) -> rabbit_vhost:add(V, <<"{USER}">>), '
            f'rabbit_auth_backend_internal:set_permissions(<<"{USER}">>, V, {every}, {every}, '
            f'{every}, <<"devstack">>) end, [{listed}]).',
        )
