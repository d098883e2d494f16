"""What has to be done once, before the first message, as soon as the store is there."""

from collections.abc import Callable
from threading import Event

from chassis.messages import JobMessage
from chassis.ports import Handler, Rest


def prepared_by(prepare: Callable[[], None], handle: Handler) -> Handler:
    """`handle`, after `prepare` has come through once; it may come through more than once.

    For a worker that is newer than the gateway and the sweeper: what makes two claims exclude
    each other is an index, which has to be there before the first claim.
    """
    done = Event()

    def handler(message: JobMessage) -> Rest | None:
        if not done.is_set():
            prepare()
            done.set()
        return handle(message)

    return handler
