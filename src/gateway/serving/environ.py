"""A request as PEP 3333 has it."""

import sys
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from gunicorn.http.message import Request

Environ = dict[str, Any]

_SAME: Final[Environ] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}
_WITHOUT_PREFIX: Final = {"CONTENT-TYPE": "CONTENT_TYPE", "CONTENT-LENGTH": "CONTENT_LENGTH"}


def environ_of(request: Request, server: tuple[Any, ...], client: tuple[Any, ...]) -> Environ:
    """What the application is told; the parser has left out names that could be mistaken here.

    gunicorn's own says more, of files, hints and proxies, at more than twice the cost.
    """
    environ = _SAME | {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_PROTOCOL": "HTTP/{}.{}".format(*request.version),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.input": request.body,
        "wsgi.errors": sys.stderr,
    }
    for name, value in request.headers:
        key = _WITHOUT_PREFIX.get(name) or "HTTP_" + name.replace("-", "_")
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ
