"""Consuming one queue: one thread serves the socket, others work, only this settles a message.

A message is acked when its handler returns, dead-lettered when the handler raises `Permanent` (it
is none of ours), and given back after a pause when anything else is raised. A message may be
delivered again while its first delivery is still worked on; the job's lease keeps them apart.

What a handler returns is done after the ack, while the next message is worked on already.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Event, Semaphore
from time import monotonic
from typing import Any, Final

import structlog
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError
from pika.spec import Basic, BasicProperties

from chassis.broker.connection import Backoff, open_connection
from chassis.broker.topology import declare
from chassis.errors import Permanent, ServiceError
from chassis.health import Heartbeat
from chassis.logs import job_context
from chassis.messages import JobMessage
from chassis.metrics import MESSAGES_HANDLED
from chassis.ports import Handler, Rest

log = structlog.get_logger(__name__)

SERVE_SECONDS: Final = 1.0
GIVE_BACK_SECONDS: Final = 5.0
HUNG_SECONDS: Final = 120.0

ACKED: Final = "acked"
GIVEN_BACK: Final = "given_back"
DEAD_LETTERED: Final = "dead_lettered"


class Consumer:
    """Runs `handler` for each message of `queue`, at most `workers` at a time.

    As many may be doing the rest of an earlier message beside; no further messages are taken then.
    """

    def __init__(
        self,
        url: str,
        service: str,
        queue: str,
        handler: Handler,
        *,
        workers: int,
        drain_seconds: float = 0,
        hurry: Event | None = None,
    ) -> None:
        """After `stop`, running handlers have `drain_seconds`; then `hurry` is set for them."""
        self._url = url
        self._service = service
        self._queue = queue
        self._handler = handler
        self._workers = workers
        self._drain_seconds = drain_seconds
        self._hurry = hurry or Event()
        self._stopping = Event()
        self._running: set[_Delivery] = set()
        self._cancelled_by_broker = False
        self._consuming = False
        self._slots = Semaphore(workers)
        self._pool = ThreadPoolExecutor(2 * workers, thread_name_prefix=queue)
        self.alive = Heartbeat(HUNG_SECONDS)

    def is_consuming(self) -> bool:
        """Whether messages reach this consumer now."""
        return self._consuming

    def stop(self) -> None:
        """Take no new messages, finish what runs, let `run` return. For signal handlers too."""
        self._stopping.set()

    def run(self) -> None:
        """Consume until `stop`; lost connections are made again."""
        backoff = Backoff(self._stopping)
        while not self._stopping.is_set():
            self.alive.beat()
            try:
                self._serve(backoff)
            except (AMQPError, OSError, ServiceError) as error:
                log.warning("consumer lost RabbitMQ", queue=self._queue, error=repr(error))
            finally:
                self._consuming = False
            backoff.wait()
        self._hurry.set()
        self._pool.shutdown()

    def _serve(self, backoff: Backoff) -> None:
        with open_connection(self._url, f"{self._service} consumer") as connection:
            channel = connection.channel()
            declare(channel, self._queue)
            channel.basic_qos(prefetch_count=self._workers)
            self._cancelled_by_broker = False
            self._running.clear()
            channel.add_on_cancel_callback(self._on_cancelled)
            take = partial(self._on_message, connection)
            tag = channel.basic_consume(self._queue, take)
            self._consuming = True
            backoff.reset()
            while channel.is_open and not (self._stopping.is_set() or self._cancelled_by_broker):
                connection.process_data_events(time_limit=SERVE_SECONDS)
                self.alive.beat()
            self._consuming = False
            if channel.is_open and self._stopping.is_set():
                channel.basic_cancel(tag)
                self._drain(connection)

    def _drain(self, connection: BlockingConnection) -> None:
        """Serve the socket until each handler has settled its message, and its rest is done."""
        hurry_at = monotonic() + self._drain_seconds
        while self._running:
            if monotonic() >= hurry_at:
                self._hurry.set()
            connection.process_data_events(time_limit=0.1)
            self.alive.beat()

    def _on_cancelled(self, _method: Any) -> None:
        log.warning("the broker cancelled the consumer", queue=self._queue)
        self._cancelled_by_broker = True

    def _on_message(
        self,
        connection: BlockingConnection,
        channel: BlockingChannel,
        method: Basic.Deliver,
        properties: BasicProperties,
        body: bytes,
    ) -> None:
        try:
            traceparent = (properties.headers or {}).get("traceparent")
            message = JobMessage.from_body(body, traceparent)
        except Permanent as error:
            log.warning("a message is none of ours", queue=self._queue, error=error.detail)
            MESSAGES_HANDLED.labels(self._queue, DEAD_LETTERED).inc()
            channel.basic_reject(method.delivery_tag, requeue=False)
            return
        delivery = _Delivery(connection, channel, method.delivery_tag)
        self._running.add(delivery)
        self._pool.submit(self._work, delivery, message)

    def _work(self, delivery: "_Delivery", message: JobMessage) -> None:
        with job_context(message.job_id, message.traceparent):
            with self._slots:
                outcome, rest = self._outcome(message)
            MESSAGES_HANDLED.labels(self._queue, outcome).inc()
            settle = partial(self._settle, delivery, outcome, ended=rest is None)
            self._have_served(delivery, settle)
            if rest:
                _survive(rest)
                self._have_served(delivery, partial(self._running.discard, delivery))

    def _have_served(self, delivery: "_Delivery", work: Callable[[], None]) -> None:
        """Have `work` done by the thread that serves the delivery's connection."""
        try:
            delivery.connection.add_callback_threadsafe(work)
        except AMQPError:
            log.info("the connection is gone: the broker delivers the message again")

    def _outcome(self, message: JobMessage) -> tuple[str, Rest | None]:
        try:
            return ACKED, self._handler(message)
        except Permanent as error:
            log.warning("the message is dead-lettered", queue=self._queue, error=error.detail)
            return DEAD_LETTERED, None
        except Exception:
            log.exception("the message is given back", queue=self._queue)
            self._stopping.wait(GIVE_BACK_SECONDS)
            return GIVEN_BACK, None

    def _settle(self, delivery: "_Delivery", outcome: str, *, ended: bool) -> None:
        if ended:
            self._running.discard(delivery)
        if outcome == ACKED:
            delivery.channel.basic_ack(delivery.tag)
        else:
            delivery.channel.basic_reject(delivery.tag, requeue=outcome == GIVEN_BACK)


def _survive(rest: Rest) -> None:
    try:
        rest()
    except Exception:
        log.exception("the rest of the message's work failed: its job tells others")


@dataclass(frozen=True, slots=True, eq=False)
class _Delivery:
    """One delivery of a message; its tag means something on its own channel only."""

    connection: BlockingConnection
    channel: BlockingChannel
    tag: int
