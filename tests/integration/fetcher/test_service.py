"""Fetchers on a real MongoDB and a real RabbitMQ, and a site that obeys the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

import pika
import pytest

from chassis.broker import Consumer, RabbitPublisher
from chassis.broker.topology import declare
from chassis.identity import unique_name
from chassis.jobs import Job, Kind, State, now_utc
from chassis.messages import LINK_QUEUE, VIDEO_QUEUE, JobMessage
from chassis.mongo import GridFsMediaStore, MongoJobStore, MongoMediaCache, connect
from chassis.mongo.client import Client
from chassis.mongo.media import VIDEOS
from chassis.preparation import prepared_by
from fetcher.handler import Fetcher
from tests import sample_jobs
from tests.sample_jobs import POLICY
from tests.unit.fetcher.works import MEMORY, PICTURE, URL, VIDEO, ObedientSite, parse
from tests.waiting import wait_for

AT_ONCE = 10


@dataclass
class Installation:
    """Two fetchers, each of which fetches four links at once."""

    client: Client
    amqp_url: str
    publisher: RabbitPublisher

    def __post_init__(self) -> None:
        self.jobs, self.cache = MongoJobStore(self.client), MongoMediaCache(self.client)
        self.videos = GridFsMediaStore(self.client, VIDEOS)
        self.site = ObedientSite()
        self.hurries = [Event(), Event()]

    def submit(self, **named: object) -> Job:
        """A job for a link, which is announced."""
        job = sample_jobs.linked(now_utc(), **named)  # type: ignore[arg-type]  # as there
        self.jobs.insert(job)
        self.publisher.publish(LINK_QUEUE, JobMessage.about(job))
        return job

    def now_are(self, jobs: list[Job]) -> list[Job]:
        return [found for job in jobs if (found := self.jobs.get(job.fid))]

    def content(self, media_id: str | None) -> bytes:
        assert media_id is not None
        with self.videos.open(media_id) as reader:
            return b"".join(reader.stream(0, reader.size))

    @contextmanager
    def running(self, *, drain_seconds: float = 60) -> Iterator[None]:
        """Meanwhile they take messages, unless they are told to stop; at the end they have."""
        self.consumers = [self._consumer(hurry, drain_seconds) for hurry in self.hurries]
        threads = [Thread(target=consumer.run, daemon=True) for consumer in self.consumers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop()
            for thread in threads:
                thread.join(60)
        assert not any(thread.is_alive() for thread in threads)

    def stop(self) -> None:
        """Tell them to stop; their hurries are set when what runs is to be given back."""
        for consumer in self.consumers:
            consumer.stop()

    def _consumer(self, hurry: Event, drain_seconds: float) -> Consumer:
        fetcher = Fetcher(
            jobs=self.jobs,
            videos=self.videos,
            cache=self.cache,
            publisher=self.publisher,
            bringer=self.site,
            parse=parse,
            policy=POLICY,
            memory=MEMORY,
            max_entries=9,
            holder=unique_name("fetcher"),
            keep_sources=False,
            hurry=hurry,
        )

        def prepare() -> None:
            self.jobs.prepare()
            self.cache.prepare()

        return Consumer(
            self.amqp_url,
            "tests",
            LINK_QUEUE,
            prepared_by(prepare, fetcher.handle),
            workers=4,
            drain_seconds=drain_seconds,
            hurry=hurry,
        )

    def messages(self, queue: str) -> int:
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            declared = connection.channel().queue_declare(queue, passive=True)
            return int(declared.method.message_count)


@pytest.fixture
def installation(mongodb_url: str, amqp_url: str) -> Iterator[Installation]:
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        for queue in (LINK_QUEUE, VIDEO_QUEUE):
            declare(connection.channel(), queue)
    publisher = RabbitPublisher(amqp_url, "tests")
    publisher.start()
    with connect(mongodb_url, "tests") as client:
        yield Installation(client, amqp_url, publisher)
    publisher.stop()


def test_links_that_come_at_once_ask_the_site_once(installation: Installation) -> None:
    """Whoever sends them; the file is stored once, and each job goes on to a converter."""

    def all_others_wait() -> bool:
        left = installation.jobs.with_link_key(URL, State.QUEUED, AT_ONCE)
        waiting = [job for job in left if job.due_at - job.created_at >= POLICY.lease]
        return len(waiting) == AT_ONCE - 1

    installation.site.meanwhile = lambda: wait_for(all_others_wait, what="the others")
    jobs = [installation.submit(username=f"{n}@example.com") for n in range(AT_ONCE)]
    with installation.running():
        wait_for(
            lambda: all(job.has_source for job in installation.now_are(jobs)), what="all sources"
        )
    fetched = installation.now_are(jobs)
    assert installation.site.asked == [URL]
    assert len({(job.video_fid, job.picture_fid) for job in fetched}) == 1
    assert installation.content(fetched[0].video_fid) == VIDEO
    assert installation.content(fetched[0].picture_fid) == PICTURE
    assert len(installation.videos.media_ids(None, 9)) == 2
    assert installation.messages(VIDEO_QUEUE) == AT_ONCE


def test_what_a_link_led_to_before_is_taken_from_the_cache(installation: Installation) -> None:
    """Also by jobs for the cache alone, which end with that."""
    with installation.running():
        first = installation.submit()
        wait_for(lambda: installation.now_are([first])[0].has_source, what="the first fetch")
        second = installation.submit(kind=Kind.MEDIA)
        wait_for(lambda: installation.now_are([second])[0].state is State.READY, what="the second")
    assert installation.site.asked == [URL]
    (ready,) = installation.now_are([second])
    content = installation.cache.content(ready.source.sha256 or "")
    assert content is not None
    assert content.video_fid == installation.now_are([first])[0].video_fid


def test_a_fetch_under_way_is_given_back_when_its_fetcher_stops(
    installation: Installation,
) -> None:
    """Nothing of it is stored, and it is no attempt."""
    begun, going_on = Event(), Event()

    def tell_and_wait() -> None:
        begun.set()
        assert going_on.wait(60)

    installation.site.meanwhile = tell_and_wait
    job = installation.submit()
    with installation.running(drain_seconds=0):
        assert begun.wait(60)
        installation.stop()
        wait_for(
            lambda: all(hurry.is_set() for hurry in installation.hurries),
            what="the end of the drain",
        )
        going_on.set()
    (left,) = installation.now_are([job])
    assert (left.state, left.attempts, left.video_fid) == (State.QUEUED, 0, None)
    assert installation.videos.media_ids(None, 9) == []
    assert installation.messages(LINK_QUEUE) == 1
