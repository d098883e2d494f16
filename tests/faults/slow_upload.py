"""An upload whose bytes go when a test says so, and videos to be uploaded like that."""

import http.client
import json
import subprocess
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests

PIECE_BYTES: Final = 256 * 1024
SECONDS: Final = 66

_SOUND: Final = ("-f", "lavfi", "-i", "aevalsrc=0.2*sin(880*t*(1+t/50))|0.1*random(0):s=44100")
_PICTURE: Final = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10,noise=alls=12:allf=t")
_MPEG4: Final = ("-c:v", "mpeg4", "-q:v", "5")
_VP8: Final = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "3M")
_LOOP_SECONDS: Final = 3
_AAC: Final = ("-c:a", "aac", "-b:a", "128k")
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "film.mkv": _AAC,
    "film.mp4": (*_AAC, "-movflags", "+faststart"),
    "fragments.mp4": (*_AAC, "-movflags", "+frag_keyframe+empty_moov"),
    "late.mp4": _AAC,
    "film.ts": _AAC,
    "film.webm": ("-c:a", "libopus"),
}
"""How ffmpeg makes the sound of each, by its name: 66 seconds, more than 10 MB in all."""


def make_film(folder: Path, name: str) -> Path:
    """The video of that name in `folder`, made if it is not there."""
    path = folder / name
    if not path.exists():
        loop = folder / f"loop{path.suffix}"
        codec = _VP8 if path.suffix == ".webm" else _MPEG4
        _ffmpeg(*_PICTURE, "-t", _LOOP_SECONDS, *codec, loop)
        looped = ("-stream_loop", SECONDS // _LOOP_SECONDS - 1, "-i", loop)
        _ffmpeg(*looped, *_SOUND, "-t", SECONDS, "-c:v", "copy", *KINDS[name], path)
    return path


def _ffmpeg(*arguments: object) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=120)


class SlowUpload:
    """A form with one file, on a connection of its own; `before` and `after` are its fields."""

    def __init__(
        self,
        gateway_url: str,
        token: str,
        content: bytes,
        name: str,
        *,
        before: dict[str, str] | None = None,
        after: dict[str, str] | None = None,
    ) -> None:
        self._rest = memoryview(_body(content, name, before or {}, after or {}))
        self._sent = 0
        address = urlsplit(gateway_url)
        self._connection = http.client.HTTPConnection(address.netloc, timeout=60)
        self._connection.putrequest("POST", "/upload")
        self._connection.putheader("Authorization", token)
        self._connection.putheader("Content-Type", "multipart/form-data; boundary=limit")
        self._connection.putheader("Content-Length", str(len(self._rest)))
        self._connection.endheaders()

    def send(self, count: int) -> None:
        """Send so many bytes more."""
        for _ in range(0, count, PIECE_BYTES):
            self._connection.send(self._rest[:PIECE_BYTES])
            self._rest = self._rest[PIECE_BYTES:]

    def send_all_but(self, count: int) -> None:
        """Send what there is, but for the last bytes."""
        self.send(max(0, len(self._rest) - count - PIECE_BYTES))

    def finish(self) -> dict[str, Any]:
        """Send the rest; the answer."""
        self._connection.send(self._rest)
        answer = self._connection.getresponse()
        document: dict[str, Any] = json.loads(answer.read())
        assert answer.status == requests.codes.accepted, document
        self._connection.close()
        return document

    def break_off(self) -> None:
        """Go away."""
        self._connection.close()


def _body(content: bytes, name: str, before: dict[str, str], after: dict[str, str]) -> bytes:
    head = "".join(map(_field, before.items()))
    head += f'--limit\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    tail = "\r\n" + "".join(map(_field, after.items())) + "--limit--\r\n"
    return head.encode() + content + tail.encode()


def _field(field: tuple[str, str]) -> str:
    name, value = field
    return f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
