"""A private standalone MongoDB server on loopback."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pymongo
import pymongo.errors

from devstack.ports import LOOPBACK
from devstack.server import Server

UNPACKED = Path(__file__).parent.parent / ".local" / "mongodb" / "mongod"
SYSTEM_DATABASES = frozenset({"admin", "config", "local"})
# Most videos are deleted before the checkpoint of their minute, so they are not written into data
# files before it. MongoDB's default is to do so once 5 % of its cache have changed.
EVICTION = (
    "eviction_dirty_target=60,eviction_dirty_trigger=70,"
    "eviction_updates_target=60,eviction_updates_trigger=70"
)
STORAGE = (
    # What goes through the journal is media, which is compressed already.
    "--wiredTigerJournalCompressor=none",
    f"--wiredTigerEngineConfigString={EVICTION}",
)
"""Options of each MongoDB that we start, in production too."""


class MongoDB(Server):
    """One mongod. `options` are further arguments, such as `--setParameter`, `NAME=VALUE`."""

    title = "mongodb"

    def __init__(self, folder: Path, port: int, options: Sequence[str] = ()) -> None:
        self.options = tuple(options)
        super().__init__(folder, port)

    @property
    def url(self) -> str:
        """Address without a database."""
        return f"mongodb://{LOOPBACK}:{self.port}/"

    def command(self) -> list[str]:
        """The server with a small cache, and storage as in production."""
        return [
            program(),
            "--dbpath",
            str(self.folder / "data"),
            "--bind_ip",
            LOOPBACK,
            "--port",
            str(self.port),
            "--nounixsocket",
            "--wiredTigerCacheSizeGB",
            "0.25",
            *STORAGE,
            "--setParameter",
            "diagnosticDataCollectionEnabled=false",
            *self.options,
        ]

    def prepare(self) -> None:
        """Make the data folder."""
        super().prepare()
        (self.folder / "data").mkdir(exist_ok=True)

    def answering(self) -> bool:
        """Whether it answers `ping`."""
        try:
            with self._client() as client:
                client.admin.command("ping")
        except pymongo.errors.PyMongoError:
            return False
        return True

    def drop_databases(self) -> None:
        """Drop everything that was stored."""
        with self._client() as client:
            for name in set(client.list_database_names()) - SYSTEM_DATABASES:
                client.drop_database(name)

    def _client(self) -> pymongo.MongoClient[dict[str, object]]:
        return pymongo.MongoClient(self.url, serverSelectionTimeoutMS=2000)


def program() -> str:
    """Where mongod is: on PATH, else where `scripts/bootstrap` unpacks it."""
    return shutil.which("mongod") or str(UNPACKED)
