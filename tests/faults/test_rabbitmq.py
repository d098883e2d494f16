"""RabbitMQ dies, hangs, takes nothing, forgets a queue, or delivers what nobody sent."""

import json
import random

from pika import BasicProperties

from chassis.broker.topology import dead_letters
from chassis.jobs import new_fid
from chassis.messages import JobMessage
from tests.faults.client import Burst
from tests.faults.clips import Clips
from tests.faults.recovery import Fault
from tests.faults.system import System
from tests.waiting import wait_for

MORE = 6  # uploads that have to be accepted while the fault lasts
ALARM = "1000000000000000"  # more bytes than any disk has free: the disk alarm goes off


def test_rabbitmq_is_killed(system: System, fault: Fault, clips: Clips) -> None:
    """Uploads go on without RabbitMQ, and all of them are converted when it is back."""
    with Burst(system.client, clips.short) as burst:
        burst.wait_for_accepted(MORE)
        system.stack.rabbitmq.kill()
        burst.wait_for_accepted(MORE)
        system.stack.rabbitmq.start()
        fault.ends()
        burst.wait_for_accepted(MORE)
        promises = burst.end()
    assert burst.refusals == []
    fault.assert_survived(promises)


def test_rabbitmq_hangs(system: System, fault: Fault, clips: Clips) -> None:
    """Uploads go on while RabbitMQ says nothing."""
    with Burst(system.client, clips.short) as burst:
        burst.wait_for_accepted(MORE)
        system.stack.rabbitmq.suspend()
        burst.wait_for_accepted(2 * MORE)
        system.stack.rabbitmq.resume()
        fault.ends()
        promises = burst.end()
    assert burst.refusals == []
    fault.assert_survived(promises)


def test_rabbitmq_has_no_disk(system: System, fault: Fault, clips: Clips) -> None:
    """Uploads go on while RabbitMQ takes no messages for want of disk space."""
    rabbitmq = system.stack.rabbitmq
    with Burst(system.client, clips.short) as burst:
        burst.wait_for_accepted(MORE)
        rabbitmq.control("set_disk_free_limit", ALARM)
        burst.wait_for_accepted(2 * MORE)
        rabbitmq.control("set_disk_free_limit", "1MB")
        fault.ends()
        promises = burst.end()
    assert burst.refusals == []
    fault.assert_survived(promises)


def test_a_queue_is_deleted(system: System, fault: Fault, clips: Clips) -> None:
    """Queues that somebody deletes are made anew, and what they held is announced again."""
    with Burst(system.client, clips.short) as burst:
        burst.wait_for_accepted(MORE)
        with system.channel() as channel:
            for queue in ("video", "mp3"):
                channel.queue_delete(queue)
        fault.ends()
        burst.wait_for_accepted(2 * MORE)
        promises = burst.end()
    assert burst.refusals == []
    fault.assert_survived(promises)


def test_messages_come_five_times(system: System, fault: Fault, clips: Clips) -> None:
    """Messages that come five times, in any order, do everything once."""
    converter, notification = system.service("converter"), system.service("notification")
    converter.suspend()
    notification.suspend()
    promises = [system.client.promised(clip) for clip in clips.short * 2]
    messages = [JobMessage(promise.fid, "anybody").to_body() for promise in promises * 4]
    # They are shuffled to make an order that no service has in mind, not to keep a secret.
    random.shuffle(messages)
    _publish(system, "video", messages)
    converter.resume()
    done = ("ready", "failed")
    states = system.jobs.count_documents
    wait_for(lambda: states({"state": {"$in": done}}) == len(promises), what="the MP3s")
    _publish(system, "mp3", messages)
    notification.resume()
    fault.ends()
    fault.assert_survived(promises)
    assert [system.job(promise.fid)["attempts"] for promise in promises] == [1] * len(promises)
    assert [system.job(promise.fid)["mail"]["attempts"] for promise in promises] == [1] * 6
    # None is left to be handled when the jobs that they name are gone.
    wait_for(lambda: not any(system.messages().values()), what="the end of all messages")


def test_garbage_comes(system: System, fault: Fault, clips: Clips) -> None:
    """What is no message, or names no job, goes to the dead letters, and holds nobody up."""
    garbage = [
        b"",
        b"\xff\xfe not JSON",
        b"[" * 100_000,
        json.dumps({"job_id": 5, "version": 1}).encode(),
        json.dumps({"job_id": "../../etc/passwd", "version": 1}).encode(),
        json.dumps({"job_id": new_fid()}).encode(),
        JobMessage(new_fid(), "nobody").to_body(),
    ]
    queues = ("video", "mp3")
    for queue in queues:
        _publish(system, queue, garbage)
    promises = [system.client.promised(clip) for clip in clips.short]
    fault.ends()
    fault.assert_survived(promises)
    with system.channel() as channel:
        for queue in queues:
            dead = [channel.basic_get(dead_letters(queue), auto_ack=True)[2] for _ in garbage]
            assert sorted(dead) == sorted(garbage)
            assert channel.basic_get(dead_letters(queue))[0] is None


def _publish(system: System, queue: str, bodies: list[bytes]) -> None:
    with system.channel() as channel:
        for body in bodies:
            # The headers are garbage too: a trace that is none.
            channel.basic_publish("", queue, body, BasicProperties(headers={"traceparent": 7}))
