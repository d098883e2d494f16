"""Files that are no video, or not a whole one, and the code that each is refused with."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.canary import Canary
from tests.e2e.good_media import AAC, H264
from tests.integration.converter_engine.media import PICTURE, ffmpeg, sound

LONGEST_SECONDS = 18
STREAMS = 300

Write = Callable[[Path, Canary], None]
"""Writes a bad file, which may name the canary."""


@dataclass(frozen=True)
class BadMedia:
    """A file: its name, how it is made, and the code of the failure."""

    name: str
    write: Write
    code: str

    def make(self, folder: Path, canary: Canary) -> Path:
        """Write the file."""
        path = folder / self.name
        self.write(path, canary)
        return path


def _random_bytes(path: Path, _: Canary) -> None:
    path.write_bytes(random.Random(1).randbytes(300_000))


def _picture(path: Path, _: Canary) -> None:
    ffmpeg(*PICTURE, "-frames:v", "1", "-f", "image2", "-c:v", "png", path)


def _hls(path: Path, canary: Canary) -> None:
    lines = ("#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:0")
    parts = (str(canary.path), canary.path.as_uri(), canary.url)
    entries = [line for part in parts for line in ("#EXTINF:2.0,", part)]
    path.write_text("\n".join([*lines, *entries, "#EXT-X-ENDLIST", ""]))


def _concat(path: Path, canary: Canary) -> None:
    path.write_text(f"ffconcat version 1.0\nfile '{canary.path}'\nfile '{canary.url}'\n")


def _dash(path: Path, canary: Canary) -> None:
    path.write_text(
        '<?xml version="1.0"?>\n'
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="audio/mp4">'
        f'<Representation id="1" bandwidth="1"><BaseURL>{canary.url}</BaseURL>'
        f'</Representation><Representation id="2" bandwidth="1"><BaseURL>{canary.path}</BaseURL>'
        "</Representation></AdaptationSet></Period></MPD>\n"
    )


def _session_description(path: Path, _: Canary) -> None:
    path.write_text(
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio 4002 RTP/AVP 0\r\n"
    )


def _silent_film(path: Path, _: Canary) -> None:
    ffmpeg(*PICTURE, "-t", "2", *H264, path)


def _cut(*codecs: str) -> Write:
    def write(path: Path, _: Canary) -> None:
        ffmpeg(*PICTURE, *sound(4.0), "-t", "4", *H264, *codecs, path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])

    return write


def _damaged(path: Path, _: Canary) -> None:
    """The index is whole; what it points to is noise."""
    ffmpeg(*sound(4.0), *AAC, "-movflags", "+faststart", path)
    whole = path.read_bytes()
    media = whole.index(b"mdat") + 4
    path.write_bytes(whole[:media] + random.Random(2).randbytes(len(whole) - media))


def _hundreds_of_streams(path: Path, _: Canary) -> None:
    one = path.with_suffix(".flac")
    ffmpeg(*sound(0.2, 8000, 1), one)
    ffmpeg("-i", one, *("-map", "0:a") * STREAMS, "-c", "copy", path)


def _too_long(path: Path, _: Canary) -> None:
    ffmpeg(*sound(LONGEST_SECONDS + 2.0, 8000, 1), "-c:a", "flac", path)


ALL = [
    BadMedia("random.mp4", _random_bytes, "not_media"),
    BadMedia("picture.mp4", _picture, "not_media"),
    BadMedia("hls.mp4", _hls, "not_media"),
    BadMedia("concat.mp4", _concat, "not_media"),
    BadMedia("dash.mp4", _dash, "not_media"),
    BadMedia("session.mp4", _session_description, "not_media"),
    BadMedia("streams.mkv", _hundreds_of_streams, "not_media"),
    BadMedia("silent.mp4", _silent_film, "no_audio"),
    BadMedia("silent.mkv", _silent_film, "no_audio"),
    BadMedia("cut.mkv", _cut("-c:a", "flac"), "truncated"),
    BadMedia("cut, index last.mp4", _cut(*AAC), "truncated"),
    BadMedia("cut, index first.mp4", _cut(*AAC, "-movflags", "+faststart"), "truncated"),
    BadMedia("damaged.mp4", _damaged, "corrupt"),
    BadMedia("too long.mkv", _too_long, "too_long"),
]
