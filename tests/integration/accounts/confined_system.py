"""Real servers with one account for each service, and the services with nothing but these."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pymongo

from devstack.daemon import Daemon
from devstack.mail_sink import MailSink
from devstack.mariadb import MariaDB
from devstack.mongodb import MongoDB
from devstack.ports import LOOPBACK, free_port
from devstack.process import run
from devstack.rabbitmq import RabbitMQ
from devstack.services import CHECKOUT, MAIL_FROM, SERVICES, Service, base_environment

ACCOUNTS = CHECKOUT / "k8s" / "components" / "datastores" / "accounts"
ADMIN_EMAIL = "admin@example.com"
QUICK = {
    "SWEEP_SECONDS": "0.3",
    "ORPHAN_SECONDS": "0.5",
    "ANNOUNCE_SECONDS": "1",
    "LEASE_SECONDS": "5",
}


class AccountsMariaDB(MariaDB):
    """A MariaDB with the accounts of mysql.sql, made as MariaDB's image makes them."""

    def __init__(self, folder: Path, passwords: Path) -> None:
        self._passwords = passwords
        super().__init__(folder, free_port())

    def statements(self) -> list[str]:
        made = [line.rstrip(";") for line in (ACCOUNTS / "mysql.sql").read_text().splitlines()]
        unlocked = [
            f"ALTER USER {account} IDENTIFIED BY '{(self._passwords / account).read_text()}'"
            " ACCOUNT UNLOCK"
            for account in ("auth", "auth_migrations")
        ]
        return made + unlocked


class ConfinedSystem:
    """The system with the accounts, rights and secrets that an installation gets.

    Links may lead to `open_port` of loopback.
    """

    def __init__(self, folder: Path, open_port: int) -> None:
        self._about_links = {"LINK_OPEN_ADDRESSES": f"{LOOPBACK}:{open_port}"}
        self.secrets = folder / "secrets"
        self._run(CHECKOUT / "scripts" / "secrets", self.secrets)
        definitions = folder / "definitions.json"
        script, written = ACCOUNTS / "rabbitmq.sh", ACCOUNTS / "rabbitmq.json"
        self._run("sh", script, written, self.secrets / "rabbitmq", definitions)
        self.rabbitmq = RabbitMQ(
            folder / "rabbitmq", free_port(), [f"load_definitions = {definitions}"]
        )
        self.mongodb = MongoDB(folder / "mongodb", free_port(), ["--auth"])
        self.mariadb = AccountsMariaDB(folder / "mariadb", self.secrets / "mysql")
        self.mail_sink = MailSink(folder / "mail", free_port())
        self.logs = folder / "logs"
        ports = {"auth": free_port(), "gateway": free_port()}
        self.auth_url, self.gateway_url = (f"http://{LOOPBACK}:{port}" for port in ports.values())
        self.services = {
            name: Service(
                name,
                self._settings(name) | ({"PORT": str(ports[name])} if name in ports else {}),
                self.logs,
            )
            for name in SERVICES
        }
        self._servers: tuple[Daemon, ...] = (
            self.rabbitmq,
            self.mongodb,
            self.mariadb,
            self.mail_sink,
        )

    @property
    def login_password(self) -> str:
        return self.secret("auth", "ADMIN_PASSWORD")

    def secret(self, name: str, key: str) -> str:
        """What the script has made, with the address that the server has here."""
        text = (self.secrets / name / key).read_text()
        servers = {
            "@rabbitmq:5672": self.rabbitmq.port,
            "@mongodb:27017": self.mongodb.port,
            "@mysql:3306": self.mariadb.port,
        }
        for address, port in servers.items():
            text = text.replace(address, f"@{LOOPBACK}:{port}")
        return text

    def mongodb_as(self, account: str) -> "pymongo.MongoClient[dict[str, Any]]":
        """A client of one account, the administrator too."""
        password = (self.secrets / "mongodb" / account).read_text()
        return pymongo.MongoClient(
            self.mongodb.url, username=account, password=password, serverSelectionTimeoutMS=5000
        )

    def refusals(self) -> list[str]:
        """Every line of a log in which a store refuses a right, or a service does without it."""
        wanted = re.compile("not authorized|ACCESS_REFUSED|refused|denied|not deleted|left to the")
        return [
            line
            for log in sorted(self.logs.glob("*.log"))
            for line in log.read_text().splitlines()
            if wanted.search(line)
        ]

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _start(self) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(Daemon.start, self._servers))
        self._make_mongodb_accounts()
        url = self.secret("auth-migrations", "MYSQL_URL")
        command = [sys.executable, "-m", "auth", "migrate", "--wait"]
        run("migrations", command, base_environment() | {"MYSQL_URL": url})
        with ThreadPoolExecutor() as pool:
            list(pool.map(Daemon.start, self.services.values()))

    def _stop(self) -> None:
        for daemons in (self.services.values(), self._servers):
            with ThreadPoolExecutor() as pool:
                list(pool.map(Daemon.stop, daemons))

    def _settings(self, name: str) -> dict[str, str]:
        known = QUICK | {
            "AUTH_URL": self.auth_url,
            "PUBLIC_URL": self.gateway_url,
            "SMTP_URL": self.mail_sink.url,
            "MAIL_FROM": MAIL_FROM,
            "ADMIN_EMAIL": ADMIN_EMAIL,
            "LINK_SECRET": self.secret("links", "LINK_SECRET"),
        }
        for path in (self.secrets / name).iterdir():
            known.setdefault(path.name, self.secret(name, path.name))
        known.setdefault("SIGNING_KEYS_FILE", str(self.secrets / "auth" / "SIGNING_KEYS"))
        needed = {setting: known[setting] for setting in SERVICES[name].settings}
        return needed | QUICK | self._about_links

    def _make_mongodb_accounts(self) -> None:
        """As MongoDB's image and mongodb.js do."""
        password = (self.secrets / "mongodb" / "administrator").read_text()
        with pymongo.MongoClient[dict[str, Any]](self.mongodb.url) as nobody:
            # As long as there is no account, whoever is on this machine may make the first one.
            nobody.admin.command("createUser", "administrator", pwd=password, roles=["root"])
        with self.mongodb_as("administrator") as client:
            for role in json.loads((ACCOUNTS / "mongodb.json").read_text()):
                name, privileges = role["role"], role["privileges"]
                client.admin.command("createRole", name, privileges=privileges, roles=[])
                password = (self.secrets / "mongodb" / name).read_text()
                client.admin.command("createUser", name, pwd=password, roles=[name])

    def _run(self, *command: object) -> None:
        subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
