"""Converting stored videos, ours and the older way: from message `video` to message `mp3`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gridfs

from benchmarks.client import Refused
from benchmarks.content import Content
from benchmarks.contest import Cost
from benchmarks.costs import measured
from benchmarks.older import MP3S, VIDEOS
from benchmarks.system import System
from chassis.messages import VERSION

OPTIONS = {"bitrate": "192k"}
"""What every conversion is asked for, and its rivals too."""

TIMEOUT_SECONDS = 1800.0


class OurConverter:
    """The gateway and the converter of a fresh system."""

    def __init__(self, system: System, options: Mapping[str, str] | None = None) -> None:
        self._system = system
        self._options = OPTIONS if options is None else options
        system.fresh("gateway", "converter")
        self._client = system.client()
        self._work = system.work()
        self._stored: list[str] = []

    def store(self, contents: Sequence[Content]) -> None:
        """Upload videos, while nobody converts, in place of those of last time.

        The converter that takes them up is a fresh one.
        """
        converter = self._system.service("converter")
        converter.stop()
        self._stored = [self._client.upload(content, self._options).fid for content in contents]
        self._work.purge()
        converter.start()

    def storing(self, path: Path, count: int = 1) -> Callable[[], None]:
        """`store` for a contender to prepare itself: so many videos like the one at `path`."""
        return lambda: self.store([Content.unique(path) for _ in range(count)])

    def convert(self, count: int = 1, *, sampling: bool = True) -> Cost:
        """Convert so many of the stored videos at once; raises Refused where one fails."""
        fids, self._stored = self._stored[:count], self._stored[count:]
        messages = [self._message(fid) for fid in fids]
        cost = measured(
            lambda: self._work.time(messages, TIMEOUT_SECONDS),
            self._system.watch("converter"),
            self._system.watch_mongodb(),
            sampling=sampling,
        )
        for fid in fids:
            job = self._client.job(fid)
            if job["status"] != "ready":
                raise Refused(f"the job is {job['status']}: {job['failure']}")
            self._client.delete(fid)
        return cost

    def _message(self, fid: str) -> dict[str, Any]:
        job = self._system.mongo["jobs"]["jobs"].find_one({"_id": fid}) or {}
        named = {name: job[name] for name in ("video_fid", "mp3_fid", "username")}
        return {"job_id": fid, "version": VERSION, **named}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._work.close()


class OlderConverter:
    """The older converter with one video stored, as its gateway would have done it."""

    def __init__(self, system: System, path: Path) -> None:
        self._system = system
        self._mp3s = gridfs.GridFS(system.mongo[MP3S])
        with path.open("rb") as file:
            self._video_fid = str(gridfs.GridFS(system.mongo[VIDEOS]).put(file))
        system.older.start_converter()
        self._work = system.older_work()

    def convert(self, *, sampling: bool = True) -> Cost:
        """Convert it."""
        message = {"video_fid": self._video_fid, "mp3_fid": None, "username": "somebody"}
        cost = measured(
            lambda: self._work.time([message], TIMEOUT_SECONDS),
            self._system.watch_older(self._system.older.converter_pid),
            self._system.watch_mongodb(),
            sampling=sampling,
        )
        for mp3 in self._mp3s.find():
            self._mp3s.delete(mp3._id)  # noqa: SLF001 - the name that GridFS gives it
        return cost

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._work.close()
        self._system.older.stop()
