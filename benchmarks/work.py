"""Work on the queues: put on `video` by hand, and timed by what arrives on `mp3`."""

import json
import time
from collections.abc import Iterable
from typing import Any, Self

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection

PERSISTENT = pika.BasicProperties(
    content_type="application/json", delivery_mode=pika.DeliveryMode.Persistent.value
)


class NothingArrived(Exception):
    """No MP3 was announced in time."""


class Work:
    """A connection to RabbitMQ that stands in for the gateway and for notification.

    `key` is the field of both kinds of messages that names a piece of work.
    """

    def __init__(self, amqp_url: str, video_queue: str, mp3_queue: str, key: str) -> None:
        # Uploads that take minutes leave no time for heartbeats.
        self._connection = BlockingConnection(pika.URLParameters(f"{amqp_url}?heartbeat=0"))
        self._channel: BlockingChannel = self._connection.channel()
        self._video_queue = video_queue
        self._key = key
        self._awaited: set[str] = set()
        self._channel.basic_consume(mp3_queue, self._arrived, auto_ack=True)

    def purge(self) -> None:
        """Drop what waits for a converter."""
        self._channel.queue_purge(self._video_queue)

    def time(self, messages: Iterable[dict[str, Any]], timeout: float) -> float:
        """Publish them all; the seconds until the MP3 of each was announced.

        Raises NothingArrived when it takes longer than `timeout` seconds.
        """
        bodies = {message[self._key]: json.dumps(message).encode() for message in messages}
        self._awaited = set(bodies)
        started = time.perf_counter()
        for body in bodies.values():
            self._channel.basic_publish("", self._video_queue, body, PERSISTENT)
        while self._awaited:
            left = timeout - (time.perf_counter() - started)
            if left <= 0:
                raise NothingArrived(f"after {timeout:.0f} s {len(self._awaited)} MP3s are missing")
            self._connection.process_data_events(time_limit=left)
        return time.perf_counter() - started

    def _arrived(self, _channel: object, _method: object, _properties: object, body: bytes) -> None:
        self._awaited.discard(json.loads(body)[self._key])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
