"""Two fetchers on stores in memory, with a site that obeys the test."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

from chassis.errors import Permanent
from chassis.fake_media import FakeMediaStore
from chassis.fake_media_cache import FakeMediaCache
from chassis.fakes import FakeJobStore, FakePublisher
from chassis.jobs import Job, Kind
from chassis.link_url import LinkUrl
from chassis.media_cache import CachedLink
from chassis.messages import JobMessage
from chassis.sources import Chapter, Link, Metadata
from fetcher.handler import Fetcher
from fetcher.memory import Memory
from fetcher.ports import Brought, Playlist, Sink, Stopped, Unchanged
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY

URL = "https://videos.example.com/song"
VIDEO = b"a video " * 1000
PICTURE = b"\x89PNG a picture"
METADATA = Metadata(title="Song", artist="Ada", chapters=(Chapter(0.0, "One"),))
MEMORY = Memory(
    fresh=timedelta(hours=1),
    link=timedelta(days=30),
    exists=timedelta(days=1),
    missing=timedelta(hours=2),
)


def parse(text: str) -> LinkUrl:
    """Every link is allowed but those into the cellar."""
    if "cellar" in text:
        raise Permanent("url_not_allowed", "It leads into the cellar.")
    return LinkUrl(text, text, "videos.example.com", 443)


class ObedientSite:
    """Has one video, of the version that it says; `meanwhile` happens before it is sent."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.content = VIDEO
        self.picture: bytes | None = PICTURE
        self.version = "1"
        self.error: Exception | None = None
        self.meanwhile: Callable[[], object] = lambda: None
        self.playlist = Playlist("Songs", ())

    def bring(
        self,
        link: Link,
        known: CachedLink | None,
        open_sink: Callable[[str, str], Sink],
        *,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Brought | Unchanged:
        """See fetcher.ports.Bringer."""
        self.asked.append(f"{link.url} since {known.version}" if known else link.url)
        if known and known.version == self.version and not self.error:
            self._interlude()
            return Unchanged()
        sink = open_sink("song.webm", "video/webm")
        sink.write(self.content[:4000])
        on_progress(0.5)
        self._interlude()
        if should_stop():
            raise Stopped
        if self.error:
            raise self.error
        sink.write(self.content[4000:])
        return Brought(
            "Song", "video/webm", METADATA, self.picture, etag='"1"', version=self.version
        )

    def entries(self, url: str, limit: int, *, should_stop: Callable[[], bool]) -> Playlist:
        """See fetcher.ports.Bringer."""
        self.asked.append(url)
        self._interlude()
        if self.error:
            raise self.error
        return replace(self.playlist, entries=self.playlist.entries[:limit])

    def _interlude(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()


class Works:
    """Two fetchers on the same stores, at a time that tests set."""

    def __init__(self) -> None:
        self.now = NOW
        self.cache = FakeMediaCache(self._clock)
        self.jobs = FakeJobStore(self.cache)
        self.videos = FakeMediaStore()
        self.publisher = FakePublisher()
        self.site = ObedientSite()
        self.hurry = Event()
        self.fetchers = [
            Fetcher(
                jobs=self.jobs,
                videos=self.videos,
                cache=self.cache,
                publisher=self.publisher,
                bringer=self.site,
                parse=parse,
                policy=POLICY,
                memory=MEMORY,
                max_entries=3,
                holder=f"fetcher/{number}",
                keep_sources=False,
                hurry=self.hurry,
                clock=self._clock,
            )
            for number in range(2)
        ]

    def _clock(self) -> datetime:
        return self.now

    def submit(
        self, url: str = URL, *, kind: Kind = Kind.MP3, sha256: str | None = None, **changes: object
    ) -> Job:
        """A job for a link, a moment after the one before."""
        self.now += timedelta(milliseconds=1)
        job = sample_jobs.linked(self.now, POLICY, url=url, kind=kind, sha256=sha256)
        job = replace(job, **changes)  # type: ignore[arg-type]  # of any field
        self.jobs.insert(job)
        return job

    def handle(self, job: Job, fetcher: int = 0) -> Job:
        """A message about the job comes to that fetcher; the job after it."""
        self.fetchers[fetcher].handle(JobMessage.about(job))
        return self.now_is(job)

    def now_is(self, job: Job) -> Job:
        """The job as it is stored."""
        found = self.jobs.get(job.fid)
        assert found is not None
        return found

    def told(self, queue: str) -> list[str]:
        """Of which jobs was spoken on `queue`."""
        return [message.job_id for name, message in self.publisher.published if name == queue]

    def stored(self) -> list[bytes]:
        """What is stored, smallest first."""
        return sorted(self.videos.files.values(), key=len)


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
