"""Waiting until the system is quiet after a fault, and judging what became of it."""

import hashlib
import io
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import av

from tests.faults.client import Client
from tests.faults.invariant import Promise, Snapshot, Verdict, is_settled, judge, orphans
from tests.faults.system import STORES, System

QUIET_SECONDS = 60.0
POLL_SECONDS = 0.1
TOLERANCE_SECONDS = 0.15  # encoders and containers round to whole frames


@dataclass(frozen=True)
class Report:
    """What became of a fault; times in seconds after it ended.

    `settled`: until every job was finished and its mail sent; `swept`: until nothing was orphaned.
    """

    fault: str
    uploads: int
    settled: float
    swept: float
    verdict: Verdict

    def __str__(self) -> str:
        return (
            f"{self.fault}: {self.uploads} uploads, settled after {self.settled:.1f} s, "
            f"swept after {self.swept:.1f} s, {self.verdict}"
        )


class Fault:
    """One fault. It ends when `ends` is called, else it has ended when `strikes` was called."""

    def __init__(self, system: System, name: str, tell: Callable[[Report], None]) -> None:
        self._system = system
        self._name = name
        self._tell = tell
        self._ended = time.monotonic()

    def ends(self) -> None:
        """From now on nothing is in the way of recovery; call it again when that was not true."""
        self._ended = time.monotonic()

    def assert_survived(self, promises: Sequence[Promise]) -> None:
        """Wait until the system is quiet; the invariant has to hold then."""
        settled = self._seconds_until(lambda: all(map(is_settled, self._system.jobs.find())))
        swept = self._seconds_until(lambda: not orphans(stored(self._system)))
        snapshot = replace(
            stored(self._system),
            message_ids=[
                str(mail["Message-ID"]) for mail in self._system.stack.mail_sink.mails.messages()
            ],
        )
        bad = dict(bad_downloads(self._system.client, promises, snapshot))
        verdict = judge(promises, replace(snapshot, bad_downloads=bad))
        report = Report(self._name, len(promises), settled, swept, verdict)
        self._tell(report)
        assert verdict.holds, str(report)

    def _seconds_until(self, quiet: Callable[[], bool]) -> float:
        """How long after the end of the fault it is quiet; if it never is, the verdict says why."""
        deadline = time.monotonic() + QUIET_SECONDS
        while not quiet() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return time.monotonic() - self._ended


def stored(system: System) -> Snapshot:
    """What MongoDB holds now. What is stored is looked at before the jobs that name it."""
    stores = {name: system.store[name] for name in STORES}
    files = {name: _texts(store["fs.files"].distinct("_id")) for name, store in stores.items()}
    chunks = {
        name: _texts(store["fs.chunks"].distinct("files_id")) for name, store in stores.items()
    }
    jobs = {job["_id"]: job for job in system.jobs.find()}
    cached = system.store["jobs"]["cached_content"].find()
    return Snapshot(jobs, files, chunks, {found["_id"]: found["video_fid"] for found in cached})


def bad_downloads(
    client: Client, promises: Sequence[Promise], snapshot: Snapshot
) -> Iterable[tuple[str, str]]:
    """Download and decode every MP3 as its owner does; what is wrong, by fid."""
    for promise in promises:
        job = snapshot.jobs.get(promise.fid)
        if job is None or job["state"] != "ready":
            continue
        answer = client.download(promise.fid)
        if answer.status_code != 200:
            yield promise.fid, f"its download is answered with {answer.status_code} {answer.text}"
        else:
            wrong = complaint(answer.content, job["result"], promise.seconds)
            if wrong:
                yield promise.fid, wrong


def complaint(mp3: bytes, result: dict[str, Any], seconds: float) -> str | None:
    """What is wrong with an MP3 of so many seconds whose job says `result`; None if it is good."""
    if (len(mp3), hashlib.sha256(mp3).hexdigest()) != (result["size"], result["sha256"]):
        return f"its download is {len(mp3)} bytes, other than what was stored: {result}"
    try:
        codec, heard = _decoded(mp3)
    except av.FFmpegError as error:
        return f"its MP3 cannot be decoded: {error}"
    if codec not in ("mp3", "mp3float"):
        return f"its MP3 is {codec}"
    if abs(heard - seconds) > TOLERANCE_SECONDS:
        return f"its MP3 has {heard:.2f} s instead of {seconds:.2f} s"
    return None


def _decoded(mp3: bytes) -> tuple[str, float]:
    """The codec, and the seconds of sound that really come out."""
    with av.open(io.BytesIO(mp3), mode="r") as container:
        stream = container.streams.audio[0]
        samples = sum(int(frame.samples) for frame in container.decode(stream))
        return stream.codec_context.name, samples / stream.codec_context.sample_rate


def _texts(ids: Iterable[object]) -> list[str]:
    return [str(media_id) for media_id in ids]
