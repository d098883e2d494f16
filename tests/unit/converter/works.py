"""Two converters on stores in memory, with an engine that obeys the test."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

from chassis.fake_media import FakeMediaStore
from chassis.fakes import FakeJobStore, FakePublisher
from chassis.jobs import Job
from chassis.messages import JobMessage
from chassis.options import ConversionOptions
from chassis.ports import Rest
from converter.conversion import Conversion, Mp3Facts
from converter.following import Followers
from converter.handler import Converter
from converter.ports import Sink, SourceReader
from converter.site import Site
from tests import sample_jobs
from tests.sample_jobs import FACTS, NOW, POLICY

HASH = "ab" * 32


class ObedientEngine:
    """Makes an MP3 at once; `meanwhile` happens first, and `error` is raised instead.

    `sites` are those that it was told of, run by run.
    """

    def __init__(self) -> None:
        self.runs = 0
        self.sites: list[Site | None] = []
        self.error: Exception | None = None
        self.meanwhile: Callable[[], object] = lambda: None

    def convert(
        self,
        _source: SourceReader,
        sink: Sink,
        _options: ConversionOptions,
        *,
        name: str,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
        arriving: bool = False,
        site: Site | None = None,
    ) -> Conversion:
        """See converter.handler.Engine."""
        self.runs += 1
        self.sites.append(site)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.error:
            raise self.error
        sink.write(b"an MP3")
        return Conversion(FACTS, Mp3Facts(1.0, 128_000, 44_100, 2, "CBR 128"))


class Works:
    """Two converters on the same stores, at a time that tests set."""

    def __init__(self, *, keep_sources: bool = False) -> None:
        self.jobs = FakeJobStore()
        self.videos, self.mp3s = FakeMediaStore(), FakeMediaStore()
        self.publisher = FakePublisher()
        self.engine = ObedientEngine()
        self.now = NOW
        self.converters = [
            Converter(
                jobs=self.jobs,
                videos=self.videos,
                mp3s=self.mp3s,
                publisher=self.publisher,
                engine=self.engine,
                followers=Followers(0),
                policy=POLICY,
                holder=f"converter/{number}",
                keep_sources=keep_sources,
                hurry=Event(),
                clock=self._clock,
            )
            for number in range(2)
        ]

    def _clock(self) -> datetime:
        return self.now

    def add(self, job: Job) -> Job:
        """Store a job and its source."""
        self.jobs.insert(job)
        if job.video_fid:
            self.videos.files[job.video_fid] = b"a video"
        return job

    def upload(self) -> Job:
        """The same video once more, a moment after the one before."""
        self.now += timedelta(milliseconds=1)
        return self.add(sample_jobs.queued(self.now, sha256=HASH))

    def begin(self, job: Job, converter: int = 0) -> Rest | None:
        """A message about the job comes to that converter; what is left to do after it."""
        return self.converters[converter].handle(JobMessage.about(job))

    def handle(self, job: Job, converter: int = 0) -> None:
        """A message about the job comes to that converter, which does all of it."""
        if rest := self.begin(job, converter):
            rest()

    def now_is(self, job: Job) -> Job:
        """The job as it is stored."""
        found = self.jobs.get(job.fid)
        assert found is not None
        return found

    def told(self, queue: str) -> list[str]:
        """Of which jobs was spoken on `queue`."""
        return [message.job_id for name, message in self.publisher.published if name == queue]
