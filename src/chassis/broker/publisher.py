"""Publishing with publisher confirms and `mandatory`, from any thread."""

from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Final
from uuid import uuid4

import pika
import structlog
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, NackError, UnroutableError

from chassis.broker.connection import Backoff, open_connection
from chassis.broker.topology import declare
from chassis.errors import BrokerUnavailable, ServiceError
from chassis.messages import QUEUES, JobMessage
from chassis.metrics import MESSAGES_PUBLISHED

log = structlog.get_logger(__name__)

SERVE_SECONDS: Final = 1.0
DECLARE_SECONDS: Final = 2.0


class RabbitPublisher:
    """See chassis.ports.Publisher. A thread of its own keeps the connection.

    While the broker is away `publish` refuses at once: what a message would say is durable in the
    job, so nobody has to wait for it.
    """

    def __init__(self, url: str, service: str, timeout: float = 5.0) -> None:
        self._url = url
        self._service = service
        self._timeout = timeout
        self._stopping = Event()
        self._connected = Event()
        self._lock = Lock()
        self._connection: BlockingConnection | None = None
        self._channel: BlockingChannel | None = None
        self._pending: set[Future[None]] = set()
        self._busy_since: float | None = None
        self._thread = Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Connect in the background; returns when connected, or after the timeout all the same."""
        self._thread.start()
        self._connected.wait(self._timeout)

    def stop(self) -> None:
        """Close the connection."""
        self._stopping.set()
        self._thread.join(self._timeout)

    def is_connected(self) -> bool:
        """Whether a message could be published now."""
        return self._connected.is_set() and not self._is_stuck()

    def publish(self, queue: str, message: JobMessage) -> None:
        """See chassis.ports.Publisher."""
        future: Future[None] = Future()
        try:
            self._hand_over(future, partial(self._publish_now, future, queue, message))
            future.result(self._timeout)
        except FutureTimeoutError as error:
            future.cancel()
            MESSAGES_PUBLISHED.labels(queue, "unconfirmed").inc()
            raise BrokerUnavailable("RabbitMQ did not confirm the message in time.") from error
        except BrokerUnavailable:
            MESSAGES_PUBLISHED.labels(queue, "refused").inc()
            raise
        finally:
            with self._lock:
                self._pending.discard(future)
        MESSAGES_PUBLISHED.labels(queue, "confirmed").inc()

    def _hand_over(self, future: "Future[None]", work: Any) -> None:
        with self._lock:
            if self._connection is None or self._is_stuck():
                raise BrokerUnavailable("RabbitMQ cannot be reached.")
            try:
                self._connection.add_callback_threadsafe(work)
            except AMQPError as error:
                raise BrokerUnavailable("The connection to RabbitMQ is closed.") from error
            self._pending.add(future)

    def _is_stuck(self) -> bool:
        since = self._busy_since
        return since is not None and monotonic() - since > self._timeout

    def _publish_now(self, future: "Future[None]", queue: str, message: JobMessage) -> None:
        if not future.set_running_or_notify_cancel():
            return
        self._busy_since = monotonic()
        try:
            self._confirmed(queue, message)
        except UnroutableError:
            future.set_exception(BrokerUnavailable(f"The queue {queue!r} was not there."))
            self._declare_later(queue)
        except NackError as error:
            future.set_exception(BrokerUnavailable(f"RabbitMQ did not take it: {error!r}"))
        except (AMQPError, OSError, ServiceError) as error:
            future.set_exception(BrokerUnavailable(f"Publishing broke off: {error!r}"))
            raise
        else:
            future.set_result(None)
        finally:
            self._busy_since = None

    def _confirmed(self, queue: str, message: JobMessage) -> None:
        headers = {"traceparent": message.traceparent} if message.traceparent else {}
        properties = pika.BasicProperties(
            content_type="application/json",
            delivery_mode=pika.DeliveryMode.Persistent.value,
            message_id=str(uuid4()),
            app_id=self._service,
            headers=headers,
        )
        assert self._channel is not None
        self._channel.basic_publish("", queue, message.to_body(), properties, mandatory=True)

    def _declare_later(self, queue: str) -> None:
        """Make a queue again that somebody deleted, once the broker has told its consumers.

        Declared at once, RabbitMQ 3.10 leaves them attached to the old queue, without a word.
        """
        assert self._connection is not None
        assert self._channel is not None
        self._connection.call_later(DECLARE_SECONDS, partial(declare, self._channel, queue))

    def _run(self) -> None:
        backoff = Backoff(self._stopping)
        while not self._stopping.is_set():
            try:
                self._serve(backoff)
            except (AMQPError, OSError, ServiceError) as error:
                log.warning("publisher lost RabbitMQ", error=repr(error))
            finally:
                self._disconnected()
            backoff.wait()

    def _serve(self, backoff: Backoff) -> None:
        with open_connection(self._url, f"{self._service} publisher") as connection:
            channel = connection.channel()
            for queue in QUEUES:
                declare(channel, queue)
            channel.confirm_delivery()
            self._channel = channel
            with self._lock:
                self._connection = connection
            self._connected.set()
            backoff.reset()
            while not self._stopping.is_set():
                connection.process_data_events(time_limit=SERVE_SECONDS)

    def _disconnected(self) -> None:
        with self._lock:
            self._connection = None
            lost, self._pending = self._pending, set()
        self._connected.clear()
        for future in lost:
            if not future.done() and future.set_running_or_notify_cancel():
                future.set_exception(BrokerUnavailable("The connection to RabbitMQ broke."))
