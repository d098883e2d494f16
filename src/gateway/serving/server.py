"""The gateway as a process: settings, logs, gunicorn's worker.

There is no arbiter over it: a process more, of 30 MB, to start again one that died or hangs is what
an orchestrator does anyway, for all services alike (and /healthz tells it).
"""

import os
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.sock import create_sockets

from chassis.allocator import keep_freed_memory
from chassis.logs import configure
from chassis.settings import load_settings
from gateway.adapters import Connections
from gateway.app import create_app
from gateway.serving.hashing import ThreadedSha256
from gateway.serving.logger import JsonLogger
from gateway.serving.worker import StreamingWorker
from gateway.settings import SERVICE, GatewaySettings

# What is added to the time that a worker has to stop: to clean up after what it cut off.
_CLEANUP_SECONDS: Final = 10
_FILES_BESIDE_CONNECTIONS: Final = 512
_MEMORY_FOLDER: Final = Path("/dev/shm")  # noqa: S108 - a folder to choose, not a file's name


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """A gunicorn worker with the gateway in it; `draining` is set once it is told to stop."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings
        self.draining = Event()
        self._close: Callable[[], None] = _nothing_to_close
        super().__init__()

    def load_config(self) -> None:
        """Settings of gunicorn: all that matter are set here, none are read from elsewhere."""
        settings = self.settings
        stop_seconds = settings.drain_seconds + settings.grace_seconds + _CLEANUP_SECONDS
        chosen: dict[str, Any] = {
            "bind": f"{_bracketed(settings.listen_host)}:{settings.port}",
            "worker_connections": settings.max_connections,
            "logger_class": JsonLogger,
            "loglevel": settings.log_level,
            "keepalive": max(1, round(settings.idle_seconds)),
            "graceful_timeout": round(stop_seconds),
            "limit_request_line": 8190,
            "limit_request_fields": 64,
            "forwarded_allow_ips": "",
            "worker_tmp_dir": str(_MEMORY_FOLDER if _MEMORY_FOLDER.is_dir() else _temporary()),
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)
        # Read some forty times a request: as attributes they are found without a call of a method.
        found = {name: setting.get() for name, setting in self.cfg.settings.items()}
        self.cfg.__dict__.update(found)

    def load(self) -> Callable[..., Any]:
        """The application, with its connections."""
        connections = Connections(self.settings, ThreadedSha256)
        app = create_app(self.settings, connections.connect, self.draining)
        connections.start()
        self._close = connections.stop
        return app

    def run(self) -> None:
        """Serve until told to stop; ends with 1 where the port is taken."""
        logger = JsonLogger(self.cfg)
        sockets = create_sockets(self.cfg, logger)
        StreamingWorker(1, os.getppid(), sockets, self, None, self.cfg, logger).init_process()

    def close(self) -> None:
        """Close what `load` opened."""
        self._close()


def main() -> None:
    """Run the gateway until SIGTERM; ends with 2 where settings are wrong."""
    keep_freed_memory()
    settings = load_settings(GatewaySettings, os.environ)
    configure(SERVICE, settings.log_level)
    _allow_open_files(settings.max_connections + _FILES_BESIDE_CONNECTIONS)
    Server(settings).run()


def _allow_open_files(wanted: int) -> None:
    """Each connection is an open file, of which most systems allow 1024 unless asked for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _nothing_to_close() -> None:
    """Nothing was opened yet."""


def _temporary() -> str:
    return tempfile.gettempdir()
