"""A user of the system, over HTTP: logs in, uploads, downloads; and many uploads at once."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock
from typing import Any, Self
from uuid import uuid4

import requests

from tests.faults.clips import Clip
from tests.faults.invariant import Promise
from tests.faults.slow_upload import SlowUpload
from tests.waiting import wait_for

ANSWER_SECONDS = 60.0
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.2
PIECES = 6


class NotAccepted(Exception):
    """The gateway answered an upload with something else than 202, or did not answer."""


class Client:
    """One user. `gateway_url` is asked before each request: a gateway that is ready."""

    def __init__(self, gateway_url: Callable[[], str], email: str, password: str) -> None:
        self._gateway_url = gateway_url
        self._login = (email, password)
        self._headers: dict[str, str] = {}

    def log_in(self) -> requests.Response:
        answer = self.request("POST", "/login", auth=self._login)
        if answer.status_code == requests.codes.ok:
            self._headers = {"Authorization": f"Bearer {answer.text.strip()}"}
        return answer

    def request(self, method: str, path: str, **named: Any) -> requests.Response:
        """One request on a connection of its own, past any proxy that the environment names."""
        headers = named.pop("headers", {}) | ({} if "auth" in named else self._headers)
        with requests.Session() as session:
            session.trust_env = False
            url = self._gateway_url() + path
            return session.request(method, url, headers=headers, timeout=ANSWER_SECONDS, **named)

    def upload(
        self,
        content: bytes,
        *,
        name: str = "clip.mkv",
        key: str | None = None,
        options: Mapping[str, str] | None = None,
    ) -> str:
        """The fid; raises NotAccepted."""
        headers = {"Idempotency-Key": key} if key else {}
        try:
            answer = self.request(
                "POST", "/upload", files={"file": (name, content)}, data=options, headers=headers
            )
        except requests.RequestException as error:
            raise NotAccepted(f"no answer: {type(error).__name__}") from error
        if answer.status_code != requests.codes.accepted:
            raise NotAccepted(f"{answer.status_code} {answer.text.strip()}")
        return str(answer.json()["fid"])

    def submit(self, url: str, options: Mapping[str, str] | None = None) -> str:
        """The fid of a link; raises NotAccepted."""
        answer = self.request("POST", "/submit", json={"video_url": url, **(options or {})})
        if answer.status_code != requests.codes.created:
            raise NotAccepted(f"{answer.status_code} {answer.text.strip()}")
        return str(answer.json()["fid"])

    def upload_slowly(
        self,
        content: bytes,
        seconds: float,
        *,
        options: Mapping[str, str] | None = None,
        on_sent: Callable[[int], None] = lambda _sent: None,
    ) -> str:
        """The fid of an upload that takes so long: a few pieces, with long pauses between them.

        Raises NotAccepted, and what `on_sent` raises, which hears how many bytes were sent.
        """
        files, fields = {"file": ("slow.mkv", content)}, dict(options or {})
        form = requests.Request("POST", "http://form", files=files, data=fields).prepare()
        assert isinstance(form.body, bytes)
        pieces = _slowly(form.body, seconds, on_sent)
        answer = self.request(
            "POST", "/upload", data=pieces, headers={"Content-Type": form.headers["Content-Type"]}
        )
        if answer.status_code != requests.codes.accepted:
            raise NotAccepted(f"{answer.status_code} {answer.text.strip()}")
        return str(answer.json()["fid"])

    def slow_upload(self, content: bytes, name: str, **fields: dict[str, str]) -> SlowUpload:
        """An upload that goes on as the caller says; `before` and `after` are fields."""
        token = self._headers["Authorization"]
        return SlowUpload(self._gateway_url(), token, content, name, **fields)

    def insist(
        self,
        content: bytes,
        key: str,
        options: Mapping[str, str] | None = None,
        refusals: list[str] | None = None,
    ) -> str:
        """Upload again and again under one key until it is accepted; `refusals` grow meanwhile."""
        refusals = [] if refusals is None else refusals
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.upload(content, key=key, options=options)
            except NotAccepted as error:
                refusals.append(str(error))
                assert time.monotonic() < deadline, f"never accepted: {refusals[-3:]}"
                time.sleep(PAUSE_SECONDS)

    def promised(self, clip: Clip, options: Mapping[str, str] | None = None) -> Promise:
        """Upload `clip` once, and what was promised for it; raises NotAccepted."""
        return Promise(self.upload(clip.content(), options=options), clip.seconds)

    def job(self, fid: str) -> dict[str, Any]:
        answer = self.request("GET", f"/jobs/{fid}")
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def download(self, fid: str) -> requests.Response:
        return self.request("GET", "/download", params={"fid": fid})


def _slowly(body: bytes, seconds: float, on_sent: Callable[[int], None]) -> Iterator[bytes]:
    length = -(-len(body) // PIECES)
    for start in range(0, len(body), length):
        yield body[start : start + length]
        time.sleep(seconds / PIECES)
        on_sent(start + length)


class Burst:
    """Users who upload `clips` again and again, each insisting until it is accepted."""

    def __init__(self, client: Client, clips: Sequence[Clip], *, users: int = 3) -> None:
        self._client = client
        self._clips = itertools.cycle(clips)
        self._lock = Lock()
        self._over = Event()
        self._users = users
        self._pool = ThreadPoolExecutor(users)
        self._futures: list[Future[None]] = []
        self._promises: list[Promise] = []
        self.refusals: list[str] = []

    def wait_for_accepted(self, count: int) -> None:
        """Wait until so many uploads more are accepted than were when this was called."""
        wanted = len(self._promises) + count
        wait_for(lambda: len(self._promises) >= wanted, PATIENCE_SECONDS, f"upload {wanted}")

    def end(self) -> list[Promise]:
        """Finish the uploads under way, and what was promised for all of them."""
        self._over.set()
        for future in self._futures:
            future.result()
        return self._promises

    def _upload_until_over(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            with self._lock:
                clip = next(self._clips)
            fid = self._client.insist(clip.content(), str(uuid4()), refusals=self.refusals)
            with self._lock:
                self._promises.append(Promise(fid, clip.seconds))

    def __enter__(self) -> Self:
        self._futures = [self._pool.submit(self._upload_until_over) for _ in range(self._users)]
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._pool.shutdown()
