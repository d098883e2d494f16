"""The gateway's connections to the world, as ports."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

import structlog
from flask import Flask
from flask_pymongo import PyMongo

from chassis.broker import RabbitPublisher
from chassis.errors import StoreUnavailable
from chassis.health import Check, HealthServer
from chassis.media_cache import MediaCache
from chassis.mongo import GridFsMediaStore, MongoJobStore, is_reachable
from chassis.mongo.client import CLIENT_OPTIONS
from chassis.mongo.media import MP3S, VIDEOS
from chassis.mongo.media_cache import MongoMediaCache
from chassis.mongo.writer import Digest
from chassis.ports import JobStore, MediaStore, Publisher
from gateway.account_service import AccountService
from gateway.keys import KeyCache
from gateway.settings import SERVICE, GatewaySettings

log = structlog.get_logger(__name__)

_PREPARE_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Adapters:
    """What the application needs of the world; `ready` are the checks of readiness."""

    jobs: JobStore
    videos: MediaStore
    mp3s: MediaStore
    cache: MediaCache
    publisher: Publisher
    keys: KeyCache
    accounts: AccountService
    ready: Mapping[str, Check]


class Connections:
    """The real ones. They are made for one process, after it was forked."""

    def __init__(
        self, settings: GatewaySettings, new_sha256: Callable[[], Digest] = hashlib.sha256
    ) -> None:
        self._settings = settings
        self._new_sha256 = new_sha256
        self._accounts = AccountService(settings.auth_url)
        self._keys = KeyCache(self._accounts.keys)
        self._publisher = RabbitPublisher(settings.amqp_url.get_secret_value(), SERVICE)
        self._metrics = HealthServer(settings.listen_host, settings.metrics_port, {}, {})
        self._stopping = Event()
        self._prepared = Event()
        self._stores: tuple[MongoJobStore | GridFsMediaStore, ...] = ()

    def connect(self, app: Flask) -> Adapters:
        """The ports; nothing waits here for a server that is away."""
        url = self._settings.mongodb_url.get_secret_value()
        client = PyMongo(app, uri=url, appname=SERVICE, **CLIENT_OPTIONS).cx
        assert client is not None
        jobs = MongoJobStore(client)
        videos = GridFsMediaStore(client, VIDEOS, new_sha256=self._new_sha256)
        mp3s = GridFsMediaStore(client, MP3S)
        self._stores = (jobs, videos, mp3s)
        return Adapters(
            jobs=jobs,
            videos=videos,
            mp3s=mp3s,
            cache=MongoMediaCache(client),  # the fetcher makes its indexes
            publisher=self._publisher,
            keys=self._keys,
            accounts=self._accounts,
            ready={
                "mongodb": lambda: self._prepared.is_set() and is_reachable(client),
                "keys": self._keys.known,
            },
        )

    def start(self) -> None:
        """Begin what goes on in the background."""
        self._metrics.start()
        self._keys.start()
        Thread(target=self._prepare, name="prepare", daemon=True).start()
        Thread(target=self._publisher.start, name="connect", daemon=True).start()

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        self._keys.stop()
        self._publisher.stop()
        self._metrics.stop()

    def _prepare(self) -> None:
        """Create missing indexes as soon as MongoDB is there."""
        while not self._stopping.is_set():
            try:
                for store in self._stores:
                    store.prepare()
            except StoreUnavailable as error:
                log.warning("MongoDB is not there yet", error=error.detail)
                self._stopping.wait(_PREPARE_SECONDS)
            else:
                self._prepared.set()
                return
