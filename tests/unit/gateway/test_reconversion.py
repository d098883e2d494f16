"""Another MP3 of a stored video: a job of its own, and no second copy of the video."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import ServiceError
from chassis.fake_media import FakeMediaStore
from chassis.fake_media_cache import FakeMediaCache
from chassis.fakes import FakeJobStore, FakePublisher
from chassis.jobs import Job, Kind, State
from chassis.link_rules import LinkRules
from chassis.messages import LINK_QUEUE, MP3_QUEUE, VIDEO_QUEUE, JobMessage
from chassis.options import ConversionOptions
from chassis.sharing import Sharing
from chassis.sources import Link, Metadata
from gateway.admission import Admission
from gateway.link_jobs import LinkJobs
from gateway.reception import Desk
from gateway.reconversion import Reconversion
from gateway.reuse import Reuse
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY
from tests.sites import by_link

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
VOICE = ConversionOptions.parse({"preset": "voice"})
MAX_JOBS = 3


class World:
    """The use case over fakes."""

    def __init__(self) -> None:
        self.jobs, self.videos, self.publisher = FakeJobStore(), FakeMediaStore(), FakePublisher()
        sharing = Sharing(self.jobs, POLICY, lambda: NOW, keep_sources=True)
        reuse = Reuse(sharing, self.jobs, self.videos, lambda task: task())
        admission = Admission(self.jobs, MAX_JOBS)
        desk = Desk(self.jobs, self.videos, admission, POLICY, "gateway", lambda: NOW, reuse)
        self.cache = FakeMediaCache(lambda: NOW)
        links = LinkJobs(desk, self.publisher, self.cache, LinkRules(), timedelta(hours=1))
        self.reconversion = Reconversion(desk, self.publisher, links)

    def add(self, job: Job) -> Job:
        """Store a job and its source."""
        self.jobs.insert(job)
        if job.video_fid:
            self.videos.files[job.video_fid] = b"a video"
        return job

    def convert(
        self, first: Job, options: ConversionOptions = VOICE, *, key: str | None = None
    ) -> Job:
        """Ask for another MP3."""
        return self.reconversion.accept(first, options, idempotency_key=key, traceparent=TRACE)

    def refusal(self, first: Job, **named: str) -> str:
        """The code with which that is refused."""
        with pytest.raises(ServiceError) as caught:
            self.convert(first, **named)  # type: ignore[arg-type]  # passed on
        return caught.value.code


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    "first",
    [sample_jobs.queued, sample_jobs.converting, lambda: sample_jobs.ready(keep_source=True)],
    ids=["queued", "converting", "ready"],
)
def test_it_is_a_job_of_its_own(world: World, first: Callable[[], Job]) -> None:
    """Queued and announced, with the same source and its own options; the first stays as it is."""
    earlier = world.add(first())
    job = world.convert(earlier)
    assert job == world.jobs.get(job.fid)
    assert (job.state, job.lease, job.attempts) == (State.QUEUED, None, 0)
    assert (job.fid != earlier.fid, job.username) == (True, earlier.username)
    assert (job.options, job.traceparent) == (VOICE, TRACE)
    assert (job.video_fid, job.source) == (earlier.video_fid, replace(earlier.source, media=None))
    assert world.publisher.published == [(VIDEO_QUEUE, JobMessage.about(job))]
    assert world.jobs.get(earlier.fid) == earlier
    assert list(world.videos.files) == [earlier.video_fid]


def test_what_came_by_a_link_keeps_what_its_site_said(world: World) -> None:
    """Metadata and picture, and the link, so that it is shared as the first is."""
    earlier = world.add(by_link(sample_jobs.ready(keep_source=True), picture=b"PNG"))
    job = world.convert(earlier)
    assert job.source.metadata == earlier.source.metadata
    assert job.picture_fid == earlier.picture_fid is not None
    assert job.link == earlier.link
    assert not job.needs_fetch
    assert world.publisher.published == [(VIDEO_QUEUE, JobMessage.about(job))]


def test_what_was_converted_before_is_ready_at_once(world: World) -> None:
    """The same options again: the MP3 that is there, a job and a mail of its own."""
    first = world.add(sample_jobs.ready(keep_source=True))
    job = world.convert(first, first.options)
    assert (job.state, job.mp3_fid, job.video_fid) == (State.READY, first.mp3_fid, first.video_fid)
    assert world.publisher.published == [(MP3_QUEUE, JobMessage.about(job))]
    assert list(world.videos.files) == [first.video_fid]


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (sample_jobs.receiving, "not_received_yet"),
        (sample_jobs.ready, "source_gone"),
        (sample_jobs.failed, "source_gone"),
        (sample_jobs.cancelled, "source_gone"),
        (lambda: sample_jobs.expired(keep_source=True), "source_gone"),
    ],
)
def test_a_video_that_is_not_there_is_said_so(
    world: World, first: Callable[[], Job], code: str
) -> None:
    """Whether it is yet to come or was let go; and nothing is made of it."""
    job = world.add(first())
    assert world.refusal(job) == code
    assert world.jobs.newest(None, 10) == [job]
    assert not world.publisher.published


def test_the_key_of_the_first_time_leads_to_its_job(world: World) -> None:
    """Also when the video is gone by then; with other options it is a mistake."""
    first = world.add(sample_jobs.ready(keep_source=True))
    job = world.convert(first, key="k")
    assert world.convert(first, key="k").fid == job.fid
    gone = replace(first, video_fid=None)
    assert world.convert(gone, key="k").fid == job.fid
    with pytest.raises(ServiceError) as caught:
        world.convert(first, ConversionOptions(), key="k")
    assert caught.value.code == "idempotency_key_reused"
    assert world.refusal(first, key="no key") == "invalid_idempotency_key"


def test_unfinished_jobs_are_limited_as_for_uploads(world: World) -> None:
    """No way around the limit."""
    first = world.add(sample_jobs.ready(keep_source=True))
    for quality in range(MAX_JOBS):
        world.convert(first, ConversionOptions(quality=quality + 3))
    assert world.refusal(first) == "too_many_jobs"


def test_a_source_that_goes_meanwhile_is_not_relied_upon(world: World) -> None:
    """The request saw the job while it had its video; by now it has not: no job, no file."""
    seen = world.add(sample_jobs.ready(keep_source=True))
    assert world.jobs.remove(seen)
    assert world.refusal(seen) == "source_gone"
    assert not world.jobs.newest(None, 10)
    assert not world.videos.files


def linked_as(make: Callable[[], Job], *, pixels: bool = False, picture: str | None = None) -> Job:
    """A job as `make` makes it, whose source came by a link, with a picture."""
    job = make()
    metadata = Metadata(title="A song", picture_sha256="ab" * 32 if picture else None)
    link = Link("https://a.example.com/x", "https://a.example.com/x", pixels, "cd" * 32)
    source = replace(job.source, metadata=metadata)
    return replace(job, link=link, source=source, picture_fid=picture)


def test_what_is_stored_of_a_link_is_shared(world: World) -> None:
    """Its picture too, and nothing is fetched."""
    first = world.add(linked_as(sample_jobs.queued, picture=sample_jobs.a_media_id()))
    job = world.convert(first)
    assert (job.video_fid, job.picture_fid) == (first.video_fid, first.picture_fid)
    assert (job.link, job.source.metadata) == (first.link, first.source.metadata)
    assert world.convert(first, key="k").fid == world.convert(first, key="k").fid


@pytest.mark.parametrize(
    "make",
    [
        sample_jobs.ready,
        sample_jobs.failed,
        sample_jobs.cancelled,
        lambda: sample_jobs.expired(keep_source=True),
        sample_jobs.linked,
        sample_jobs.fetching,
    ],
)
def test_a_link_whose_source_is_not_there_is_submitted_anew(
    world: World, make: Callable[[], Job]
) -> None:
    """Whether it was let go or is yet to come: another job of the same link is to be fetched."""
    first = world.add(linked_as(make))
    job = world.convert(first, key="k")
    assert (job.link, job.needs_fetch, job.options) == (first.link, True, VOICE)
    assert job.username == first.username
    assert world.publisher.published == [(LINK_QUEUE, JobMessage.about(job))]
    assert world.convert(first, key="k").fid == job.fid


def kept() -> Job:
    return sample_jobs.ready(keep_source=True)


def test_a_frame_of_a_video_of_which_only_the_sound_is_stored(world: World) -> None:
    """The whole video is fetched; the checksum was the sound's."""
    frame = ConversionOptions.parse({"cover": "frame"})
    first = world.add(linked_as(kept))
    job = world.convert(first, frame)
    assert job.needs_fetch
    assert job.link == replace(first.link or Link("", ""), pixels=True, sha256=None)
    whole = world.add(linked_as(kept, pixels=True))
    assert not world.convert(whole, frame).needs_fetch


def test_a_job_that_shares_a_source_has_not_its_picture(world: World) -> None:
    """So that both come anew, and the MP3 has its cover."""
    shared = linked_as(kept, picture=sample_jobs.a_media_id())
    assert world.convert(world.add(replace(shared, picture_fid=None))).needs_fetch


def test_a_playlist_has_nothing_to_convert(world: World) -> None:
    """Its videos have jobs of their own."""
    assert world.refusal(world.add(sample_jobs.linked(kind=Kind.PLAYLIST))) == "makes_no_mp3"
