"""`python -m fetcher`: brings in what the links of the jobs that the queue `link` names lead to."""

import os
from functools import partial
from threading import Event
from typing import Final

from chassis import logs
from chassis.allocator import share_freed_memory
from chassis.broker import Consumer, RabbitPublisher
from chassis.consuming import in_service
from chassis.hashing import ThreadedSha256
from chassis.identity import unique_name
from chassis.link_url import parse_link
from chassis.messages import LINK_QUEUE
from chassis.mongo import GridFsMediaStore, MongoJobStore, MongoMediaCache, connect
from chassis.mongo.media import VIDEOS
from chassis.preparation import prepared_by
from chassis.settings import load_settings
from fetcher.bringing import LinkBringer
from fetcher.guard.name_resolver import NameResolver
from fetcher.guard.server import Guard
from fetcher.handler import Fetcher
from fetcher.scratch import clear_scratch
from fetcher.settings import FetcherSettings

SERVICE: Final = "fetcher"


def main() -> None:
    """Run until SIGTERM or SIGINT; running fetches are finished or given back."""
    share_freed_memory()
    settings = load_settings(FetcherSettings, os.environ)
    logs.configure(SERVICE, settings.log_level)
    clear_scratch()
    client = connect(settings.mongodb_url.get_secret_value(), SERVICE)
    url = settings.amqp_url.get_secret_value()
    publisher = RabbitPublisher(url, SERVICE)
    hurry = Event()
    jobs, cache = MongoJobStore(client), MongoMediaCache(client)
    rules = settings.link_rules
    guard = Guard(rules, NameResolver(settings.name_servers))
    fetcher = Fetcher(
        jobs=jobs,
        videos=GridFsMediaStore(client, VIDEOS, new_sha256=ThreadedSha256),
        cache=cache,
        publisher=publisher,
        bringer=LinkBringer(guard, rules, settings.limits, settings.program),
        parse=partial(parse_link, rules=rules),
        policy=settings.policy,
        memory=settings.memory,
        max_entries=settings.max_batch_entries,
        holder=unique_name(SERVICE),
        keep_sources=settings.keep_sources,
        hurry=hurry,
    )

    def prepare() -> None:
        jobs.prepare()
        cache.prepare()

    consumer = Consumer(
        url,
        SERVICE,
        LINK_QUEUE,
        prepared_by(prepare, fetcher.handle),
        workers=settings.fetches,
        drain_seconds=settings.drain_seconds,
        hurry=hurry,
    )
    with guard, in_service(consumer, client, settings):
        publisher.start()
        consumer.run()
        publisher.stop()
    client.close()


if __name__ == "__main__":
    main()
