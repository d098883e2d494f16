"""`python -m converter`: makes MP3s of the videos that the queue `video` names."""

import os
from threading import Event
from typing import Final

from chassis import logs
from chassis.allocator import share_freed_memory
from chassis.broker import Consumer, RabbitPublisher
from chassis.consuming import in_service
from chassis.identity import unique_name
from chassis.messages import VIDEO_QUEUE
from chassis.mongo import GridFsMediaStore, MongoJobStore, connect
from chassis.mongo.media import MP3S, VIDEOS
from chassis.preparation import prepared_by
from chassis.settings import load_settings
from converter.box import Box
from converter.following import Followers
from converter.handler import Converter
from converter.metrics import FOLLOWED_UPLOADS
from converter.settings import ConverterSettings

SERVICE: Final = "converter"


def main() -> None:
    """Run until SIGTERM or SIGINT; running conversions are finished or given back."""
    share_freed_memory()
    settings = load_settings(ConverterSettings, os.environ)
    logs.configure(SERVICE, settings.log_level)
    # First of all: the box forks, and a process that forks must have no threads and no connections.
    cores = settings.cores
    box = Box(settings.limits, cores)
    box.start()
    client = connect(settings.mongodb_url.get_secret_value(), SERVICE)
    url = settings.amqp_url.get_secret_value()
    publisher = RabbitPublisher(url, SERVICE)
    hurry = Event()
    followers = Followers(settings.followed_uploads)
    FOLLOWED_UPLOADS.set_function(lambda: followers.count)
    jobs = MongoJobStore(client)
    converter = Converter(
        jobs=jobs,
        videos=GridFsMediaStore(client, VIDEOS, settings.reader_memory_mb << 20),
        mp3s=GridFsMediaStore(client, MP3S),
        publisher=publisher,
        engine=box,
        followers=followers,
        policy=settings.policy,
        holder=unique_name(SERVICE),
        keep_sources=settings.keep_sources,
        hurry=hurry,
    )
    consumer = Consumer(
        url,
        SERVICE,
        VIDEO_QUEUE,
        prepared_by(jobs.prepare, cores.shared_by(converter.handle)),
        workers=settings.conversions,
        drain_seconds=settings.drain_seconds,
        hurry=hurry,
    )
    with in_service(consumer, client, settings):
        publisher.start()
        consumer.run()
        followers.join()
        publisher.stop()
    box.stop()
    client.close()


if __name__ == "__main__":
    main()
