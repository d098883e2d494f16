"""Runs a service as `python -m NAME` does, and interrupts it at a step that a test has named.

`python -m tests.faults.interruptible NAME ARGUMENT...` with INTERRUPTION, the path of a file. While
that file is there, it names a step (see tests.faults.steps); the first time that the service
comes to it, the file is removed and the whole process group gets the signal, SIGKILL or SIGSTOP.

The service knows nothing of it. The driver itself tells of each command to MongoDB (its command
monitoring: https://pymongo.readthedocs.io/en/stable/api/pymongo/monitoring.html), in the thread
that waits for the command, so that the service gets no step further.
"""

import os
import runpy
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# The gateway does this before anything else is imported, so whoever runs it has to.
if sys.argv[1] == "gateway":
    from gevent import monkey

    monkey.patch_all()

from pymongo import monitoring
from pymongo.collection import Collection

from chassis.broker import RabbitPublisher
from chassis.messages import JobMessage
from chassis.mongo import shipper
from chassis.mongo.insertion import Document, insert_chunks
from tests.faults.steps import Interruption

STOPPING_SECONDS = 0.5  # SIGSTOP reaches the other threads first; this one must not go on


class Interrupter(monitoring.CommandListener):
    """Compares what the service does with the step in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._awaited: set[int] = set()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        interruption = self._interruption()
        if interruption is None:
            return
        step = interruption.step
        if step.is_command(event.command_name, event.database_name, event.command):
            if step.moment == "before":
                self._interrupt(interruption)
            else:
                self._awaited.add(event.request_id)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        if event.request_id in self._awaited and event.reply.get("n", 1):
            self._awaited.clear()
            interruption = self._interruption()
            if interruption is not None:
                self._interrupt(interruption)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        self._awaited.discard(event.request_id)

    def publishing(self, moment: str, queue: str) -> None:
        interruption = self._interruption()
        if interruption is None or interruption.step.moment != moment:
            return
        if interruption.step.is_publishing(queue):
            self._interrupt(interruption)

    def inserting(self, moment: str, collection: Collection[Document]) -> None:
        interruption = self._interruption()
        if interruption is None or interruption.step.moment != moment:
            return
        command = {"insert": collection.name}
        if interruption.step.is_command("insert", collection.database.name, command):
            self._interrupt(interruption)

    def _interruption(self) -> Interruption | None:
        try:
            return Interruption.from_json(self._path.read_text())
        except FileNotFoundError:
            return None

    def _interrupt(self, interruption: Interruption) -> None:
        try:
            self._path.unlink()
        except FileNotFoundError:
            return  # another thread was faster
        os.killpg(os.getpgrp(), interruption.signal)
        time.sleep(STOPPING_SECONDS)


def watched(
    publish: Callable[[RabbitPublisher, str, JobMessage], None], interrupter: Interrupter
) -> Callable[[RabbitPublisher, str, JobMessage], None]:
    """`publish` with `interrupter` told before and after."""

    def watched_publish(publisher: RabbitPublisher, queue: str, message: JobMessage) -> None:
        interrupter.publishing("before", queue)
        publish(publisher, queue, message)
        interrupter.publishing("after", queue)

    return watched_publish


def watched_insertion(interrupter: Interrupter) -> Callable[..., None]:
    """Inserting chunks, of which the driver does not tell, with `interrupter` told."""

    def insert(collection: Collection[Document], chunks: Sequence[Document]) -> None:
        interrupter.inserting("before", collection)
        insert_chunks(collection, chunks)
        interrupter.inserting("after", collection)

    return insert


def main() -> None:
    interrupter = Interrupter(Path(os.environ["INTERRUPTION"]))
    monitoring.register(interrupter)
    setattr(RabbitPublisher, "publish", watched(RabbitPublisher.publish, interrupter))  # noqa: B010 - mypy lets nobody assign it
    setattr(shipper, "insert_chunks", watched_insertion(interrupter))  # noqa: B010 - as above
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


main()
