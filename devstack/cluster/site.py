"""A site on this machine that the cluster's fetchers can reach: it serves the videos of links."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import ClassVar, Self


class Site:
    """Answers on `address`, as `10.200.77.1:8099`, while it is entered."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._url = f"http://{address}"
        self._videos: dict[str, bytes] = {}
        handler = type("Handler", (_Answering,), {"videos": self._videos})
        self._server = ThreadingHTTPServer((host, int(port)), handler)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    def serve(self, name: str, video: bytes) -> str:
        """Serve a video under that name; its URL."""
        self._videos[f"/{name}"] = video
        return f"{self._url}/{name}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    videos: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        """The whole video, or 404."""
        video = self.videos.get(self.path)
        self.send_response(404 if video is None else 200)
        self.send_header("Content-Type", "video/x-matroska")
        self.send_header("Content-Length", str(len(video or b"")))
        self.end_headers()
        self.wfile.write(video or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing: the gateway's and the fetcher's logs have it."""
