"""A private MariaDB server on loopback with one database and one user for auth."""

import os
import tempfile
from pathlib import Path

import sqlalchemy

from devstack.ports import LOOPBACK
from devstack.process import run
from devstack.secret import kept_secret, write_private
from devstack.server import Server, first_bytes

USER = "auth"
DATABASE = "auth"
PROTOCOL_VERSION = 10  # of the greeting: https://mariadb.com/kb/en/connection/


class MariaDB(Server):
    """One MariaDB server; the user may make and use every database whose name begins `auth`."""

    title = "mariadb"

    def __init__(self, folder: Path, port: int) -> None:
        self.password = kept_secret(folder / "password")
        super().__init__(folder, port)

    @property
    def url(self) -> str:
        """Address of the database `auth`."""
        return self.database_url(DATABASE)

    def database_url(self, database: str) -> str:
        """Address of `database`, which need not exist."""
        return f"mysql://{USER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def new_database(self, name: str) -> str:
        """Make an empty database, whose name begins with `auth`; returns its address."""
        engine = sqlalchemy.create_engine(self.url, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"CREATE DATABASE `{name}`"))
        return self.database_url(name)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _temporary(self) -> Path:
        return self.folder / "temporary"

    def command(self) -> list[str]:
        """The server with little memory and no file outside its folder."""
        return [
            "mariadbd",
            "--no-defaults",
            *_user_option(),
            f"--datadir={self._data}",
            f"--init-file={self.folder / 'init.sql'}",
            # Relative to the data folder: a Unix socket's whole path may have 107 bytes only.
            "--socket=mariadb.sock",
            "--pid-file=mariadb.pid",
            f"--bind-address={LOOPBACK}",
            f"--port={self.port}",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=16M",
        ]

    def environment(self) -> dict[str, str]:
        """Temporary tables in its own folder: servers delete those that lie in a shared one."""
        return {**super().environment(), "TMPDIR": str(self._temporary)}

    def prepare(self) -> None:
        """Make the data folder, and the statements that the server runs before it listens."""
        super().prepare()
        self._temporary.mkdir(exist_ok=True)
        lines = "".join(f"{statement};\n" for statement in self.statements())
        write_private(self.folder / "init.sql", lines)
        if not (self._data / "mysql").exists():
            self._install()

    def statements(self) -> list[str]:
        """What the server runs at each start before it listens, as its administrator."""
        return [
            f"CREATE DATABASE IF NOT EXISTS `{DATABASE}`",
            f"CREATE USER IF NOT EXISTS `{USER}`@`{LOOPBACK}` IDENTIFIED BY '{self.password}'",
            f"GRANT ALL PRIVILEGES ON `{DATABASE}%`.* TO `{USER}`@`{LOOPBACK}`",
        ]

    def _install(self) -> None:
        self._data.mkdir(exist_ok=True)
        # Through a link, because mariadb-install-db fails where the path holds a space.
        with tempfile.TemporaryDirectory() as short:
            link = Path(short) / "data"
            link.symlink_to(self._data)
            command = [
                "mariadb-install-db",
                "--no-defaults",
                *_user_option(),
                f"--datadir={link}",
                "--skip-test-db",
                "--skip-name-resolve",
            ]
            run("mariadb-install-db", command, self.environment())

    def answering(self) -> bool:
        """Whether it greets a client."""
        greeting = first_bytes(self.port, b"", 5)
        return len(greeting) > 4 and greeting[4] == PROTOCOL_VERSION  # noqa: PLR2004 - a header of four bytes


def _user_option() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []
