"""The gateway under other WSGI servers: `python -m benchmarks.other_servers KIND`.

Settings come from the environment, as the gateway's own do.
"""

import os
import sys
from collections.abc import Callable, Iterator
from threading import Event
from typing import IO, Any

from gunicorn.app.base import BaseApplication

from chassis.logs import configure
from chassis.settings import load_settings
from gateway.settings import SERVICE, GatewaySettings

THREADS = "gthread"
GEVENT = "gevent"
PYWSGI = "pywsgi"
MOST_THREADS = 400  # one for each slow client, and some


class PlainBody:
    """A server's own `wsgi.input` as a gateway.uploads.Body; it neither renews nor gives up."""

    def __init__(self, stream: IO[bytes], length: int) -> None:
        self._stream = stream
        self._left = length

    def pieces(
        self,
        _while_waiting: Callable[[], None],
        wanted: Callable[[], int],
    ) -> Iterator[bytes]:
        """See gateway.uploads.Body."""
        while self._left:
            piece = self._stream.read(min(self._left, wanted()))
            if not piece:
                raise ConnectionError("the client went away")
            self._left -= len(piece)
            yield piece


def load() -> Callable[..., Any]:
    """The gateway's application, connected."""
    from gateway.adapters import Connections  # noqa: PLC0415 - after gevent has patched modules
    from gateway.app import create_app  # noqa: PLC0415 - as above

    settings = load_settings(GatewaySettings, os.environ)
    connections = Connections(settings)
    app = create_app(settings, connections.connect, Event())
    connections.start()

    def plain(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = PlainBody(environ["wsgi.input"], length)
        return app(environ, start_response)

    return plain


class Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with one of its own workers."""

    def __init__(self, kind: str, port: int) -> None:
        self._kind, self._port = kind, port
        super().__init__()

    def load_config(self) -> None:
        """One worker, as many clients as it takes."""
        chosen = {
            "bind": f"127.0.0.1:{self._port}",
            "worker_class": self._kind,
            "threads": MOST_THREADS if self._kind == THREADS else 1,
            "control_socket_disable": True,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """The application, in the worker."""
        return load()


def main(kind: str) -> None:
    """Run until SIGTERM."""
    settings = load_settings(GatewaySettings, os.environ)
    configure(SERVICE, settings.log_level)
    if kind == PYWSGI:
        from gevent.monkey import patch_all  # noqa: PLC0415 - in this kind alone

        patch_all()
        from gevent.pywsgi import WSGIServer  # noqa: PLC0415 - once it is patched

        WSGIServer(("127.0.0.1", settings.port), load(), log=None).serve_forever()
    else:
        Gunicorn(kind, settings.port).run()


if __name__ == "__main__":
    main(sys.argv[1])
