"""The gateway as a process: settings, logs, gunicorn."""

import os
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, Final

from gunicorn.app.base import BaseApplication

from chassis.logs import configure
from chassis.settings import load_settings
from gateway.serving.logger import JsonLogger
from gateway.serving.worker import StreamingWorker
from gateway.settings import SERVICE, GatewaySettings

# What gunicorn adds to the time it gives a worker that stops: to clean up after what it cut off.
_CLEANUP_SECONDS: Final = 10
_HUNG_SECONDS: Final = 60
_FILES_BESIDE_CONNECTIONS: Final = 512
_MEMORY_FOLDER: Final = Path("/dev/shm")  # noqa: S108 - a folder to choose, not a file's name


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """One gunicorn worker with the gateway in it; `draining` is set once it is told to stop."""

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
            "workers": 1,
            "worker_class": StreamingWorker,
            "worker_connections": settings.max_connections,
            "logger_class": JsonLogger,
            "loglevel": settings.log_level,
            "keepalive": max(1, round(settings.idle_seconds)),
            "timeout": _HUNG_SECONDS,
            "graceful_timeout": round(stop_seconds),
            "limit_request_line": 8190,
            "limit_request_fields": 64,
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
            "worker_tmp_dir": str(_MEMORY_FOLDER if _MEMORY_FOLDER.is_dir() else _temporary()),
            "proc_name": SERVICE,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """The application, in the worker: connections are made after the fork."""
        # Imported here, so that the arbiter, which only waits, stays small.
        from gateway.adapters import Connections  # noqa: PLC0415
        from gateway.app import create_app  # noqa: PLC0415

        connections = Connections(self.settings)
        app = create_app(self.settings, connections.connect, self.draining)
        connections.start()
        self._close = connections.stop
        return app

    def close(self) -> None:
        """Close what `load` opened."""
        self._close()


def main() -> None:
    """Run the gateway until SIGTERM; ends with 2 where settings are wrong."""
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
