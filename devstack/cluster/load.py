"""A steady load of uploads and links, with the questions and downloads that come with them."""

import hashlib
import itertools
import random
import secrets
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self
from uuid import uuid4

import requests

from devstack.cluster.journal import Journal
from devstack.cluster.site import Site
from devstack.cluster.user import RequestFailed, User

CLIP_SECONDS = (3, 10, 30)
SLOW_SECONDS = 6.0
PIECES = 12
PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 180.0
LOGIN_EVERY = 5
LINK_EVERY = 3
UPLOADS_AT_ONCE = 32
VOID = b"\xec\x90"  # an EBML Void element with 16 bytes (RFC 8794, section 11.3.2)


class Load:
    """Sends `rate` videos a second, every second one slowly, until it is left.

    Where there is a `site`, every third is sent as a link to it. Each is sent again under its
    Idempotency-Key until it is accepted. Beside it a token, a job and an MP3 are asked for in turn.
    """

    def __init__(
        self, journal: Journal, user: User, folder: Path, rate: float, site: Site | None = None
    ) -> None:
        self._journal = journal
        self._user = user
        self._rate = rate
        self._site = site
        self._clips = [made_clip(folder, seconds) for seconds in CLIP_SECONDS]
        self._over = Event()
        self._pool = ThreadPoolExecutor(UPLOADS_AT_ONCE)
        self._threads = [Thread(target=self._upload), Thread(target=self._ask)]
        self.never_accepted = 0

    def _upload(self) -> None:
        for number in itertools.count():
            if self._over.wait(1 / self._rate):
                return
            self._pool.submit(self._insist, number)

    def _insist(self, number: int) -> None:
        # Bytes that no other has: each is converted by itself.
        content = (
            self._clips[number % len(self._clips)].read_bytes() + VOID + secrets.token_bytes(16)
        )
        key, deadline = str(uuid4()), time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(RequestFailed):
                answer = self._send(number, content, key)
                if answer.status_code in {requests.codes.accepted, requests.codes.created}:
                    self._journal.promise(answer.json()["fid"])
                    return
            time.sleep(PAUSE_SECONDS)
        self.never_accepted += 1

    def _send(self, number: int, content: bytes, key: str) -> requests.Response:
        name = f"clip-{number}.mkv"
        if self._site and number % LINK_EVERY == 0:
            return self._user.submit(self._site.serve(name, content), key)
        return self._user.upload(slowly(content) if number % 2 else content, name, key)

    def _ask(self) -> None:
        for turn in itertools.count():
            if self._over.wait(PAUSE_SECONDS):
                return
            with suppress(RequestFailed):
                if turn % LOGIN_EVERY == 0:
                    self._user.log_in()
                elif self._journal.promised:
                    self._look_at(random.choice(list(self._journal.promised)))  # noqa: S311 - no secret

    def _look_at(self, fid: str) -> None:
        job = self._user.job(fid)
        if job["status"] != "ready":
            return
        mp3 = self._user.download(fid)
        if hashlib.sha256(mp3).hexdigest() != job["result"]["sha256"]:
            self._journal.request("download", self._journal.now(), f"{fid} has another hash")

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._pool.shutdown()


def slowly(content: bytes) -> Iterator[bytes]:
    """The content in pieces with pauses between them."""
    length = -(-len(content) // PIECES)
    for start in range(0, len(content), length):
        yield content[start : start + length]
        time.sleep(SLOW_SECONDS / PIECES)


def made_clip(folder: Path, seconds: int) -> Path:
    """A video with so many seconds of sound."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"clip-{seconds}.mkv"
    if not path.exists():
        picture = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10")
        sound = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100")
        codecs = ("-c:v", "mpeg4", "-c:a", "aac", "-t", str(seconds))
        command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *picture, *sound, *codecs, str(path)]
        subprocess.run(command, check=True)
    return path
