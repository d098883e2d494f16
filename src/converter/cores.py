"""How much of the machine is ours, and how the jobs under way share it."""

import os
from contextlib import ExitStack
from threading import Lock

from chassis.messages import JobMessage
from chassis.ports import Handler, Rest


def usable_cores() -> int:
    """How many processor cores this process may run on."""
    return len(os.sched_getaffinity(0))


class Cores:
    """`count` cores, shared evenly by the messages that are worked on.

    A message counts from its first step to its last, and not only while its video is converted: in
    a row of short clips the gaps are not worth a second thread, which does some work twice. But no
    more than `at_once` count, the conversions that run at once, if that is known.
    """

    def __init__(self, count: int, at_once: int | None = None) -> None:
        self._count = count
        self._at_once = at_once
        self._lock = Lock()
        self._at_work = 0

    @property
    def share(self) -> int:
        """On how many cores a conversion may run that begins now."""
        sharing = min(self._at_work, self._at_once or self._at_work)
        return max(1, self._count // max(1, sharing))

    def shared_by(self, handle: Handler) -> Handler:
        """`handle` and the rest that it leaves, counted."""

        def handler(message: JobMessage) -> Rest | None:
            with ExitStack() as stack:
                self._change(1)
                stack.callback(self._change, -1)
                rest = handle(message)
                return counted(rest, stack.pop_all()) if rest else None

        def counted(rest: Rest, stack: ExitStack) -> Rest:
            def rest_of_it() -> None:
                with stack:
                    rest()

            return rest_of_it

        return handler

    def _change(self, by: int) -> None:
        with self._lock:
            self._at_work += by
