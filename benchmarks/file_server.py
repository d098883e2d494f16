"""An HTTP server for one file, which the kernel sends, under whatever name it is asked for.

`python -m benchmarks.file_server PATH PORT`; it prints a line once it listens.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from devstack.ports import LOOPBACK


class _Handler(BaseHTTPRequestHandler):
    path_served: Path

    def do_GET(self) -> None:
        """Send the file."""
        with self.path_served.open("rb") as file:
            self.send_response(200)
            self.send_header("Content-Type", "video/x-matroska")
            self.send_header("Content-Length", str(self.path_served.stat().st_size))
            self.end_headers()
            self.wfile.flush()
            self.connection.sendfile(file)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(path: str, port: str) -> None:
    """Serve the file at `path` until it is ended."""
    handler = type("Handler", (_Handler,), {"path_served": Path(path)})
    with ThreadingHTTPServer((LOOPBACK, int(port)), handler) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
