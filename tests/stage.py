"""Real stores, queues and processes of consumers, with short times, for tests to play on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pika

from chassis.broker import RabbitPublisher
from chassis.broker.topology import declare
from chassis.jobs import Job, Policy, now_utc
from chassis.messages import QUEUES, JobMessage
from chassis.mongo import GridFsMediaStore, MongoJobStore, connect
from chassis.mongo.media import MP3S, VIDEOS
from devstack.services import Service
from tests import sample_jobs

LEASE_SECONDS = 3.0
MAIL_FROM = "MP3s <mp3@example.com>"
LINK_SECRET = "a secret for tests only"
PUBLIC_URL = "http://mp3.example.com"

POLICY = Policy(
    lease=timedelta(seconds=LEASE_SECONDS),
    retry_delays=(timedelta(seconds=0.5), timedelta(seconds=1)),
    announce_delay=timedelta(seconds=1),
)


class Stage:
    """The stores, the queues, and the services that play on them."""

    def __init__(self, folder: Path, mongodb_url: str, amqp_url: str, smtp_url: str) -> None:
        self.amqp_url = amqp_url
        self.client = connect(mongodb_url, "tests")
        self.jobs = MongoJobStore(self.client)
        self.videos = GridFsMediaStore(self.client, VIDEOS)
        self.mp3s = GridFsMediaStore(self.client, MP3S)
        for store in (self.jobs, self.videos, self.mp3s):
            store.prepare()
        self.services: list[Service] = []
        self._folder = folder
        self._settings = {
            "MONGODB_URL": mongodb_url,
            "AMQP_URL": amqp_url,
            "SMTP_URL": smtp_url,
            "MAIL_FROM": MAIL_FROM,
            "PUBLIC_URL": PUBLIC_URL,
            "LINK_SECRET": LINK_SECRET,
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "RETRY_DELAYS": "0.5,1",
            "ANNOUNCE_SECONDS": "1",
            "SWEEP_SECONDS": "0.2",
            "ORPHAN_SECONDS": "0.2",
        }

    def service(self, name: str, **settings: str) -> Service:
        """A further replica of a service, not started yet."""
        changed = self._settings | settings
        replica = len(self.services) + 1
        service = Service(name, changed, self._folder, replica=replica)
        self.services.append(service)
        return service

    def start(self, name: str, **settings: str) -> Service:
        """A further replica of a service, started and ready."""
        service = self.service(name, **settings)
        service.start()
        return service

    def now_is(self, job: Job) -> Job:
        """The job as it is stored now."""
        stored = self.jobs.get(job.fid)
        assert stored is not None
        return stored

    def ready_job(self, **named: Any) -> Job:
        """A job that has just become ready, with its MP3 in the store."""
        job = sample_jobs.ready(now_utc(), POLICY, **named)
        self.jobs.insert(job)
        assert job.mp3_fid
        store_file(self.mp3s, job.mp3_fid)
        return job

    def failed_job(self, **named: Any) -> Job:
        """A job that has just failed."""
        job = sample_jobs.failed(now_utc(), POLICY, **named)
        self.jobs.insert(job)
        return job

    def publish(self, queue: str, *messages: JobMessage) -> None:
        """Put messages on `queue`, confirmed."""
        publisher = RabbitPublisher(self.amqp_url, "tests")
        publisher.start()
        for message in messages:
            publisher.publish(queue, message)
        publisher.stop()

    def publish_raw(self, queue: str, *bodies: bytes) -> None:
        """Put anything on `queue`, confirmed."""
        with self.channel() as channel:
            channel.confirm_delivery()
            for body in bodies:
                channel.basic_publish("", queue, body)

    def take(self, queue: str) -> list[bytes]:
        """Take every message off `queue`."""
        bodies = []
        with self.channel() as channel:
            while (got := channel.basic_get(queue, auto_ack=True))[0]:
                bodies.append(got[2])
        return bodies

    def depth(self, queue: str) -> int:
        """How many messages wait on `queue`, without those that a consumer holds."""
        with self.channel() as channel:
            declared = channel.queue_declare(queue, passive=True)
        return int(declared.method.message_count)

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel on which all queues are declared."""
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            channel = connection.channel()
            for queue in QUEUES:
                declare(channel, queue)
            yield channel

    def stored_ids(self) -> dict[str, set[str]]:
        """Every id under which a file or a chunk is stored, by store."""
        return {
            name: set(self.client[name]["fs.files"].distinct("_id"))
            | set(self.client[name]["fs.chunks"].distinct("files_id"))
            for name in (VIDEOS, MP3S)
        }

    def stop_all(self) -> None:
        """End every service in good order."""
        for service in self.services:
            service.stop()

    def close(self) -> None:
        """End everything that was started."""
        self.stop_all()
        self.client.close()


def store_file(media: GridFsMediaStore, media_id: str, size: int = 5_000) -> None:
    """Store a file of `size` bytes under `media_id`."""
    with media.writer(media_id, name="x", content_type="audio/mpeg") as writer:
        writer.write(bytes(size))
        writer.finish()
