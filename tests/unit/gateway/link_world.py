"""The use cases of links over fakes, with a clock that a test can move."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chassis.errors import ServiceError
from chassis.fake_media import FakeMediaStore
from chassis.fake_media_cache import FakeMediaCache
from chassis.fakes import FakeJobStore, FakePublisher
from chassis.jobs import Failure, Job, Kind, new_fid
from chassis.link_rules import LinkRules
from chassis.media_cache import AskedSite, CachedContent, CachedLink
from chassis.options import ConversionOptions
from chassis.result_key import key_of
from chassis.sharing import Sharing
from chassis.sources import Metadata, Source
from gateway.admission import Admission
from gateway.batches import Batches
from gateway.link_jobs import LinkJobs, Sender
from gateway.media import Media
from gateway.reception import Desk
from gateway.removal import Removal
from gateway.reuse import Reuse
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY

ADA = "ada@example.com"
URL = "https://videos.example.com/talks/Song.mp4"
SHA256 = "ab" * 32
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MAX_JOBS = 4
FRESH = timedelta(hours=1)
GONE = Failure("video_unavailable", "This video was removed.")
METADATA = Metadata(title="A song", artist="Somebody")
DEFAULTS = ConversionOptions()


class World:
    """Everything that a link may meet in the gateway; no time passes by itself."""

    def __init__(self) -> None:
        self.now = NOW
        self.jobs, self.videos, self.publisher = FakeJobStore(), FakeMediaStore(), FakePublisher()
        self.cache = FakeMediaCache(self.clock)
        sharing = Sharing(self.jobs, POLICY, self.clock, keep_sources=False)
        reuse = Reuse(sharing, self.jobs, self.videos, lambda task: task())
        admission = Admission(self.jobs, MAX_JOBS)
        desk = Desk(self.jobs, self.videos, admission, POLICY, "gateway", self.clock, reuse)
        self.links = LinkJobs(desk, self.publisher, self.cache, LinkRules(), FRESH)
        removal = Removal(self.jobs, self.videos, FakeMediaStore(), POLICY, self.clock)
        self.batches = Batches(self.jobs, self.links, admission, removal)
        self.pauses: list[float] = []
        self.at_first_pause: Callable[[], object] = lambda: None
        self.media = Media(desk, self.links, self.cache, self.pause, 5.0)

    def clock(self) -> datetime:
        """The time."""
        return self.now

    def pause(self, seconds: float) -> bool:
        """Nobody waits; a test may have something happen then."""
        self.pauses.append(seconds)
        if len(self.pauses) == 1:
            self.at_first_pause()
        return len(self.pauses) > 3

    def submit(
        self,
        url: str = URL,
        options: ConversionOptions = DEFAULTS,
        *,
        key: str | None = None,
        sha256: str | None = None,
        username: str = ADA,
    ) -> Job:
        """POST /submit with one link."""
        sender = Sender(username, TRACE, key)
        return self.links.accept(sender, self.links.video(url, options, sha256), options)

    def refusal(self, url: str = URL, **named: object) -> str:
        """The code with which that is refused."""
        with pytest.raises(ServiceError) as caught:
            self.submit(url, **named)  # type: ignore[arg-type]  # passed on
        return caught.value.code

    def remember(
        self, url: str = URL, *, sha256: str = SHA256, name: str = "A song", pixels: bool = False
    ) -> CachedLink:
        """Have the cache know what came by a link."""
        link = replace(self.links.video(url), pixels=pixels)
        cached = CachedLink(
            fetch_key=link.fetch_key,
            url=link.url,
            sha256=sha256,
            size=1_000,
            name=name,
            content_type="video/mp4",
            checked_at=self.now,
            expires_at=self.now + timedelta(days=1),
            metadata=METADATA,
        )
        self.cache.remember_link(cached)
        return cached

    def keep(self, sha256: str = SHA256) -> CachedContent:
        """Have the cache have a content."""
        content = CachedContent(sha256, 1_000, sample_jobs.a_media_id(), self.now, self.now)
        self.cache.keep(content)
        assert self.cache.confirm(content)
        return content

    def missing(self, url: str = URL) -> None:
        """Have the site of a link have said that there is no such video."""
        key = self.links.video(url).key
        self.cache.remember_asked(AskedSite(key, self.now + timedelta(hours=1), GONE))

    def ready_before(self, cached: CachedLink, options: ConversionOptions = DEFAULTS) -> Job:
        """Somebody else's job, ready with what becomes of that."""
        job = sample_jobs.ready(self.now, username="bea@example.com", name=cached.name)
        source = Source(cached.name, cached.size, cached.sha256, job.source.media, cached.metadata)
        link = self.links.video(cached.url)
        job = replace(job, source=source, options=options, link=link)
        key = key_of(job)
        job = replace(job, fid=new_fid(), result_key=key, produces=key)
        self.jobs.insert(job)
        return job

    def queued_on(self, queue: str) -> list[str]:
        """The fids that were announced on a queue."""
        return [message.job_id for name, message in self.publisher.published if name == queue]


def media_job(world: World, url: str = URL) -> Job:
    """The one MEDIA job of a link."""
    key = world.links.video(url).key
    jobs = [job for job in world.jobs.newest(ADA, 10) if job.link and job.link.key == key]
    (job,) = [job for job in jobs if job.kind is Kind.MEDIA]
    return job
