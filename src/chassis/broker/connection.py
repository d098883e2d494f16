"""Connecting to RabbitMQ, again and again with growing pauses."""

from threading import Event
from typing import Final

import pika
from pika.adapters.blocking_connection import BlockingConnection

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0
BLOCKED_SECONDS: Final = 20


def open_connection(url: str, service: str) -> BlockingConnection:
    """A connection that the broker shows under `service`; raises AMQPError or OSError.

    A broker that takes no messages (a disk or memory alarm) is treated as lost after a while,
    instead of blocking a publisher for ever.
    """
    parameters = pika.URLParameters(url)
    parameters.client_properties = {"connection_name": service}
    parameters.blocked_connection_timeout = BLOCKED_SECONDS
    parameters.socket_timeout = 5
    parameters.stack_timeout = 10
    return BlockingConnection(parameters)


class Backoff:
    """Pauses between attempts to connect: doubled each time, up to five seconds."""

    def __init__(self, stopping: Event) -> None:
        self._stopping = stopping
        self._pause = FIRST_PAUSE

    def reset(self) -> None:
        """The attempt succeeded."""
        self._pause = FIRST_PAUSE

    def wait(self) -> None:
        """Pause before the next attempt; returns at once when the service is stopping."""
        self._stopping.wait(self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
