"""What the process of every consumer does around it: health, and stopping when it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from chassis.broker import Consumer
from chassis.health import HealthServer
from chassis.mongo import is_reachable
from chassis.mongo.client import Client
from chassis.settings import ConsumerSettings
from chassis.termination import on_termination


@contextmanager
def in_service(consumer: Consumer, client: Client, settings: ConsumerSettings) -> Iterator[None]:
    """Meanwhile SIGTERM and SIGINT stop `consumer`, and HEALTH_PORT tells how it and MongoDB are.

    For the main thread.
    """
    health = HealthServer(
        settings.listen_host,
        settings.health_port,
        live={"consumer": consumer.alive},
        ready={"mongodb": partial(is_reachable, client), "rabbitmq": consumer.is_consuming},
    )
    on_termination(consumer.stop)
    health.start()
    try:
        yield
    finally:
        health.stop()
