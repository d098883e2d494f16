"""`python -m sweeper`: moves what does not move by itself. Several at once do no harm."""

import os
from functools import partial
from threading import Event
from typing import Final

from chassis import logs
from chassis.broker import RabbitPublisher
from chassis.health import HealthServer, Heartbeat
from chassis.mongo import GridFsMediaStore, MongoJobStore, MongoMediaCache, connect, is_reachable
from chassis.mongo.client import Client
from chassis.mongo.media import MP3S, VIDEOS
from chassis.ports import Publisher
from chassis.settings import load_settings
from chassis.termination import on_termination
from sweeper.eviction import Eviction
from sweeper.gauges import measure
from sweeper.loop import Task, every, run_tasks
from sweeper.orphans import OrphanWalk
from sweeper.rounds import Rounds
from sweeper.settings import SweeperSettings

SERVICE: Final = "sweeper"
PREPARE_SECONDS: Final = 3600.0
MEASURE_SECONDS: Final = 15.0
EVICTION_SECONDS: Final = 15.0
HUNG_SECONDS: Final = 180.0  # longer than the store and the broker may take for one job


def main() -> None:
    """Run until SIGTERM or SIGINT; the step under way is finished."""
    settings = load_settings(SweeperSettings, os.environ)
    logs.configure(SERVICE, settings.log_level)
    client = connect(settings.mongodb_url.get_secret_value(), SERVICE)
    publisher = RabbitPublisher(settings.amqp_url.get_secret_value(), SERVICE)
    stopping, alive = Event(), Heartbeat(HUNG_SECONDS)
    health = HealthServer(
        settings.listen_host,
        settings.health_port,
        live={"loop": alive},
        ready={"mongodb": partial(is_reachable, client), "rabbitmq": publisher.is_connected},
    )
    on_termination(stopping.set)
    health.start()
    publisher.start()
    run_tasks(_tasks(settings, client, publisher, stopping, alive), stopping, alive)
    publisher.stop()
    health.stop()
    client.close()


def _tasks(
    settings: SweeperSettings,
    client: Client,
    publisher: Publisher,
    stopping: Event,
    alive: Heartbeat,
) -> list[Task]:
    jobs = MongoJobStore(client)
    cache = MongoMediaCache(client)
    videos, mp3s = GridFsMediaStore(client, VIDEOS), GridFsMediaStore(client, MP3S)

    def prepare() -> None:
        for store in (jobs, cache, videos, mp3s):
            store.prepare()

    rounds = Rounds(
        jobs=jobs,
        videos=videos,
        mp3s=mp3s,
        publisher=publisher,
        policy=settings.policy,
        stopping=stopping,
        alive=alive,
    )
    walks = [
        OrphanWalk(name, jobs, media, between_walks=settings.orphan_seconds)
        for name, media in ((VIDEOS, videos), (MP3S, mp3s))
    ]
    eviction = Eviction(cache, jobs, videos, settings.cache_limits, between_rounds=EVICTION_SECONDS)
    return [
        Task("indexes", every(PREPARE_SECONDS, prepare)),
        Task("due jobs", every(settings.sweep_seconds, rounds.run)),
        *(Task(f"orphans in {walk.name}", walk.step) for walk in walks),
        Task("cache", eviction.step),
        Task("gauges", every(MEASURE_SECONDS, partial(measure, jobs))),
    ]


if __name__ == "__main__":
    main()
