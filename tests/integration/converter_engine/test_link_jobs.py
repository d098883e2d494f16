"""A job that came by a link, on MongoDB and with the real engine: from the queue to its MP3."""

import io
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from mutagen.id3 import ID3

from chassis.fakes import FakePublisher
from chassis.jobs import Job, Policy, State, now_utc
from chassis.link_rules import LinkRules
from chassis.messages import MP3_QUEUE, JobMessage
from chassis.mongo import GridFsMediaStore, MongoJobStore, MongoMediaCache, connect
from chassis.mongo.client import Client
from chassis.mongo.media import MP3S, VIDEOS
from chassis.options import ConversionOptions
from chassis.ports import MediaStore
from chassis.sharing import Sharing
from converter.box import Box
from converter.following import Followers
from converter.handler import Converter
from gateway.admission import Admission
from gateway.link_jobs import LinkJobs
from gateway.reception import Desk
from gateway.reconversion import Reconversion
from gateway.reuse import Reuse
from tests import sample_jobs
from tests.integration.converter_engine.media import ffmpeg, sound
from tests.integration.converter_engine.test_covers import picture_file
from tests.sites import METADATA, SCRIPTS, by_link

POLICY = Policy()
LOST = "No cover: the picture of the site could not be used."


@dataclass
class Service:
    """A converter that keeps sources, and a gateway, on stores that tests look into."""

    client: Client
    box: Box

    def __post_init__(self) -> None:
        self.jobs = MongoJobStore(self.client)
        self.jobs.prepare()
        self.videos = GridFsMediaStore(self.client, VIDEOS)
        self.mp3s = GridFsMediaStore(self.client, MP3S)
        self.publisher = FakePublisher()
        self.converter = Converter(
            jobs=self.jobs,
            videos=self.videos,
            mp3s=self.mp3s,
            publisher=self.publisher,
            engine=self.box,
            followers=Followers(0),
            policy=POLICY,
            holder="converter",
            keep_sources=True,
            hurry=Event(),
        )
        sharing = Sharing(self.jobs, POLICY, now_utc, keep_sources=True)
        reuse = Reuse(sharing, self.jobs, self.videos, lambda task: task())
        admission = Admission(self.jobs, 10)
        desk = Desk(self.jobs, self.videos, admission, POLICY, "gateway", now_utc, reuse)
        cache = MongoMediaCache(self.client)
        links = LinkJobs(desk, self.publisher, cache, LinkRules(), timedelta(hours=1))
        self.reconversion = Reconversion(desk, self.publisher, links)

    def fetched(self, sound: bytes, picture: bytes, stored_picture: bytes | None = None) -> Job:
        """A job whose link was fetched; what is stored as its picture may be another."""
        job = by_link(sample_jobs.queued(now_utc()), picture=picture)
        assert job.video_fid
        assert job.picture_fid
        self.jobs.insert(job)
        store(self.videos, job.video_fid, sound)
        store(self.videos, job.picture_fid, picture if stored_picture is None else stored_picture)
        return job

    def converted(self, job: Job) -> Job:
        """It, when the message about it is done with."""
        rest = self.converter.handle(JobMessage.about(job))
        assert rest is not None
        rest()
        found = self.jobs.get(job.fid)
        assert found is not None
        return found

    def mp3(self, job: Job) -> bytes:
        """What was stored."""
        assert job.mp3_fid
        with self.mp3s.open(job.mp3_fid) as reader:
            return b"".join(reader.stream(0, reader.size))


def store(media: MediaStore, media_id: str, data: bytes) -> None:
    with media.writer(media_id, name="x", content_type="application/octet-stream") as writer:
        writer.write(data)
        writer.finish()


@pytest.fixture
def sound_alone(tmp_path: Path) -> bytes:
    ffmpeg(*sound(3.0), tmp_path / "sound.m4a")
    return (tmp_path / "sound.m4a").read_bytes()


def test_the_site_is_in_the_mp3_and_in_every_other_of_the_same_source(
    mongodb_url: str, box: Box, tmp_path: Path, sound_alone: bytes
) -> None:
    """Tags, chapters and the picture, byte for byte; of a kept source also with other options."""
    picture = picture_file(tmp_path).read_bytes()
    with connect(mongodb_url, "tests") as client:
        service = Service(client, box)
        ready = service.converted(service.fetched(sound_alone, picture))
        again = service.reconversion.accept(
            ready,
            ConversionOptions.parse({"preset": "voice"}),
            idempotency_key=None,
            traceparent="",
        )
        for job in (ready, service.converted(again)):
            assert (job.state, job.attempts) == (State.READY, 1)
            assert job.result is not None
            assert job.result.notes == ()
            assert job.source.media is not None
            assert job.source.media.title == METADATA.title
            read = ID3(io.BytesIO(service.mp3(job)))
            assert str(read["TPE1"]) == METADATA.artist
            assert str(read["COMM::jpn"]) == METADATA.comment
            chapters = read.getall("CHAP")
            assert [str(one.sub_frames["TIT2"]) for one in chapters] == list(SCRIPTS)
            assert [frame.data for frame in read.getall("APIC")] == [picture]
            assert (MP3_QUEUE, JobMessage.about(job)) in service.publisher.published


def test_a_picture_that_is_another_is_left_out(
    mongodb_url: str, box: Box, tmp_path: Path, sound_alone: bytes
) -> None:
    """Its hash tells; the owner is told, and no attempt is lost. So it is with one that is gone."""
    picture = picture_file(tmp_path).read_bytes()
    with connect(mongodb_url, "tests") as client:
        service = Service(client, box)
        altered = service.fetched(sound_alone, picture, picture[:-1] + b"!")
        gone = service.fetched(sound_alone, picture)
        service.videos.delete(gone.picture_fid or "")
        for job in map(service.converted, (altered, gone)):
            assert (job.state, job.attempts) == (State.READY, 1)
            assert job.result is not None
            assert job.result.notes == (LOST,)
            read = ID3(io.BytesIO(service.mp3(job)))
            assert str(read["TIT2"]) == METADATA.title
            assert not read.getall("APIC")
