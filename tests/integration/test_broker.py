"""Publisher and consumer on a real RabbitMQ."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread

import pika
import pytest

from chassis.broker import Consumer, RabbitPublisher
from chassis.broker.topology import QueueMismatch, declare
from chassis.errors import BrokerUnavailable, Permanent
from chassis.jobs import new_fid
from chassis.messages import VIDEO_QUEUE, JobMessage
from chassis.ports import Handler, Rest
from devstack.ports import free_port
from devstack.rabbitmq import RabbitMQ


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def a_message() -> JobMessage:
    return JobMessage(new_fid(), "ada@example.com", traceparent=f"00-{'1' * 32}-{'2' * 16}-01")


class Seen:
    """What a handler was given."""

    def __init__(self) -> None:
        self.messages: list[JobMessage] = []
        self._lock = Lock()

    def __call__(self, message: JobMessage) -> None:
        with self._lock:
            self.messages.append(message)

    @property
    def ids(self) -> list[str]:
        return [message.job_id for message in self.messages]


@contextmanager
def publisher_on(url: str, timeout: float = 5) -> Iterator[RabbitPublisher]:
    publisher = RabbitPublisher(url, "tests", timeout)
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.stop()


@contextmanager
def consumer_on(url: str, handler: Handler, workers: int = 2) -> Iterator[Consumer]:
    consumer = Consumer(url, "tests", VIDEO_QUEUE, handler, workers=workers)
    thread = Thread(target=consumer.run, daemon=True)
    thread.start()
    try:
        yield consumer
    finally:
        consumer.stop()
        thread.join(60)
    assert not thread.is_alive()


def published(publisher: RabbitPublisher) -> bool:
    try:
        publisher.publish(VIDEO_QUEUE, a_message())
    except BrokerUnavailable:
        return False
    return True


def depth(url: str, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        declared = connection.channel().queue_declare(queue, passive=True)
        return int(declared.method.message_count)


def raw_publish(url: str, queue: str, body: bytes) -> None:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        declare(channel, queue)
        channel.confirm_delivery()
        channel.basic_publish("", queue, body)


def test_a_message_arrives_whole_and_is_acked(amqp_url: str) -> None:
    """What is published is handled once, with its trace, and leaves the queue."""
    seen, message = Seen(), a_message()
    with publisher_on(amqp_url) as publisher, consumer_on(amqp_url, seen):
        publisher.publish(VIDEO_QUEUE, message)
        wait_for(lambda: seen.messages == [message])
    assert depth(amqp_url, VIDEO_QUEUE) == 0


def test_garbage_and_unknown_jobs_are_dead_lettered(amqp_url: str) -> None:
    """What is none of ours ends in the dead letters, and does not hold up the rest."""
    seen = Seen()
    unknown, known = a_message(), a_message()

    def handle(message: JobMessage) -> None:
        if message == unknown:
            raise Permanent("job_unknown", "There is no such job.")
        seen(message)

    for body in (b"", b"\xff\x00", b"[]", b'{"job_id": "../etc"}', b"[" * 100_000):
        raw_publish(amqp_url, VIDEO_QUEUE, body)
    with publisher_on(amqp_url) as publisher, consumer_on(amqp_url, handle):
        publisher.publish(VIDEO_QUEUE, unknown)
        publisher.publish(VIDEO_QUEUE, known)
        wait_for(lambda: seen.messages == [known])
        wait_for(lambda: depth(amqp_url, "video.dead") == 6)


def test_a_failing_handler_gives_the_message_back(amqp_url: str) -> None:
    """Anything unexpected is tried again, and other messages go on meanwhile."""
    failed = Event()
    seen = Seen()
    first, second = a_message(), a_message()

    def handle(message: JobMessage) -> None:
        if message.job_id == first.job_id and not failed.is_set():
            failed.set()
            raise RuntimeError("unexpected")
        seen(message)

    with publisher_on(amqp_url) as publisher, consumer_on(amqp_url, handle):
        publisher.publish(VIDEO_QUEUE, first)
        publisher.publish(VIDEO_QUEUE, second)
        wait_for(lambda: seen.ids == [second.job_id, first.job_id])


def test_stopping_waits_for_the_handler(amqp_url: str) -> None:
    """SIGTERM: the running handler finishes and its message is acked; the next one stays queued."""
    started, release = Event(), Event()

    def handle(_: JobMessage) -> None:
        started.set()
        release.wait(30)

    with publisher_on(amqp_url) as publisher:
        with consumer_on(amqp_url, handle, workers=1) as consumer:
            publisher.publish(VIDEO_QUEUE, a_message())
            publisher.publish(VIDEO_QUEUE, a_message())
            assert started.wait(30)
            consumer.stop()
            release.set()
        assert depth(amqp_url, VIDEO_QUEUE) == 1


def test_the_next_message_does_not_wait_for_the_rest_of_the_last(amqp_url: str) -> None:
    """A message is acked, and the next one handled, while what is left of it is done; but no
    further one is, and stopping waits for it.
    """
    begun, release, done = Seen(), Event(), Seen()

    def handle(message: JobMessage) -> Rest:
        begun(message)

        def rest() -> None:
            release.wait(60)
            done(message)

        return rest

    messages = [a_message() for _ in range(4)]
    with publisher_on(amqp_url) as publisher:
        with consumer_on(amqp_url, handle, workers=1) as consumer:
            for message in messages:
                publisher.publish(VIDEO_QUEUE, message)
            # The third one came, and has no thread; the fourth would only come with its ack.
            wait_for(lambda: depth(amqp_url, VIDEO_QUEUE) == 1)
            assert begun.messages == messages[:2]
            assert not done.messages
            consumer.stop()
            release.set()
        assert begun.messages == messages[:3]
        assert set(done.ids) == set(begun.ids)
        assert depth(amqp_url, VIDEO_QUEUE) == 1


def test_a_rest_that_fails_harms_no_other_message(amqp_url: str) -> None:
    """Its message is acked all the same, and its worker goes on with others."""
    seen = Seen()

    def handle(message: JobMessage) -> Rest:
        seen(message)

        def rest() -> None:
            raise RuntimeError("unexpected")

        return rest

    messages = [a_message() for _ in range(5)]
    with publisher_on(amqp_url) as publisher, consumer_on(amqp_url, handle, workers=1):
        for message in messages:
            publisher.publish(VIDEO_QUEUE, message)
        wait_for(lambda: len(seen.messages) == len(messages))
    assert seen.messages == messages
    assert depth(amqp_url, VIDEO_QUEUE) == 0


def test_a_deleted_queue_is_made_again(amqp_url: str) -> None:
    """Somebody deletes the queue: it is declared anew, and messages flow again."""
    seen = Seen()
    with publisher_on(amqp_url) as publisher, consumer_on(amqp_url, seen) as consumer:
        wait_for(consumer.is_consuming)
        with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
            connection.channel().queue_delete(VIDEO_QUEUE)
        wait_for(lambda: published(publisher))
        wait_for(lambda: len(seen.messages) == 1)


def test_a_queue_with_other_arguments_is_reported_in_plain_words(amqp_url: str) -> None:
    """An existing queue of another kind is an operator's decision, and is said so."""
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        connection.channel().queue_declare(VIDEO_QUEUE, durable=True)
        with pytest.raises(QueueMismatch, match="'video' exists with other arguments"):
            declare(connection.channel(), VIDEO_QUEUE)
    with publisher_on(amqp_url, timeout=1) as publisher, pytest.raises(BrokerUnavailable):
        publisher.publish(VIDEO_QUEUE, a_message())


def test_a_restarted_broker_is_found_again(tmp_path: Path) -> None:
    """SIGKILL of RabbitMQ: publishing refuses at once, and goes on after the restart; confirmed
    messages are still there.
    """
    with RabbitMQ(tmp_path, free_port()) as server:
        seen = Seen()
        with publisher_on(server.url) as publisher, consumer_on(server.url, seen):
            publisher.publish(VIDEO_QUEUE, a_message())
            wait_for(lambda: len(seen.messages) == 1)
            server.kill()
            wait_for(lambda: not publisher.is_connected())
            with pytest.raises(BrokerUnavailable):
                publisher.publish(VIDEO_QUEUE, a_message())
            server.start()
            wait_for(publisher.is_connected)
            publisher.publish(VIDEO_QUEUE, a_message())
            wait_for(lambda: len(seen.messages) == 2)


def test_a_handler_outlasts_heartbeat_and_consumer_timeout(tmp_path: Path) -> None:
    """A job longer than both is delivered again, its lease has to tell; the consumer lives on."""
    config = ["heartbeat = 2", "consumer_timeout = 3000"]
    with RabbitMQ(tmp_path, free_port(), config) as server:
        # How often a channel looks for messages that were held too long: else each minute.
        server.control("eval", "application:set_env(rabbit, channel_tick_interval, 1000).")
        seen, release = Seen(), Event()

        def handle(message: JobMessage) -> None:
            seen(message)
            release.wait(60)

        first, second = a_message(), a_message()
        with publisher_on(server.url) as publisher, consumer_on(server.url, handle) as consumer:
            publisher.publish(VIDEO_QUEUE, first)
            # The broker closes the channel at the timeout, and delivers the message again.
            wait_for(lambda: seen.ids == [first.job_id] * 2)
            release.set()
            wait_for(consumer.is_consuming)
            assert publisher.is_connected()
            publisher.publish(VIDEO_QUEUE, second)
            wait_for(lambda: second.job_id in seen.ids)
            wait_for(lambda: depth(server.url, VIDEO_QUEUE) == 0)


def test_a_disk_alarm_does_not_block_publishers(tmp_path: Path) -> None:
    """While the broker takes nothing, publishing refuses in bounded time; then it goes on."""
    with RabbitMQ(tmp_path, free_port()) as server, publisher_on(server.url, 2) as publisher:
        publisher.publish(VIDEO_QUEUE, a_message())
        server.control("set_disk_free_limit", "100000000000000")
        with pytest.raises(BrokerUnavailable):
            publisher.publish(VIDEO_QUEUE, a_message())
        with pytest.raises(BrokerUnavailable):
            publisher.publish(VIDEO_QUEUE, a_message())
        server.control("set_disk_free_limit", "50000000")
        wait_for(lambda: published(publisher))
