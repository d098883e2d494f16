"""How much of the machine is ours, and how the jobs under way share it."""

import os
from collections.abc import Callable
from threading import Lock

from chassis.messages import JobMessage

Handler = Callable[[JobMessage], None]


def usable_cores() -> int:
    """How many processor cores this process may run on."""
    return len(os.sched_getaffinity(0))


class Cores:
    """`count` cores, shared evenly by the messages that are worked on.

    A message counts from its first step to its last, and not only while its video is converted: in
    a row of short clips the gaps are not worth a second thread, which does some work twice.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = Lock()
        self._at_work = 0

    @property
    def share(self) -> int:
        """On how many cores a conversion may run that begins now."""
        return max(1, self._count // max(1, self._at_work))

    def shared_by(self, handle: Handler) -> Handler:
        """`handle`, counted."""

        def handler(message: JobMessage) -> None:
            self._change(1)
            try:
                handle(message)
            finally:
                self._change(-1)

        return handler

    def _change(self, by: int) -> None:
        with self._lock:
            self._at_work += by
