"""Following uploads: converting videos while they arrive, beside the conversions of whole ones."""

import contextvars
from collections.abc import Callable
from threading import Lock, Thread

import structlog

from chassis.errors import StoreUnavailable
from chassis.following_moves import follows
from chassis.moves import Attempt
from chassis.ports import JobStore
from converter.conversion import Stopped

log = structlog.get_logger(__name__)


class Followers:
    """Does what follows uploads, each in a thread of its own, at most `room` at once."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lock = Lock()
        self._threads: set[Thread] = set()

    @property
    def count(self) -> int:
        """How many uploads are followed now."""
        return len(self._threads)

    def start(self, follow: Callable[[], None]) -> bool:
        """Have `follow` done in a thread, which logs as this one does; whether there was room."""
        context = contextvars.copy_context()

        def run() -> None:
            try:
                context.run(_survive, follow)
            finally:
                with self._lock:
                    self._threads.discard(thread)

        with self._lock:
            if len(self._threads) >= self._room:
                return False
            thread = Thread(target=run, name="follower", daemon=True)
            self._threads.add(thread)
            thread.start()
            return True

    def join(self) -> None:
        """Wait until all that was started has ended."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join()


def _survive(follow: Callable[[], None]) -> None:
    """Nothing that goes wrong here concerns the upload: it is converted when it is whole."""
    try:
        follow()
    except StoreUnavailable as error:
        log.warning("an upload is not followed any more", error=error.detail)
    except Exception:
        log.exception("an upload is not followed any more")


class FollowedUpload:
    """What a follower has to know of the upload while it waits for its bytes."""

    def __init__(
        self, jobs: JobStore, fid: str, attempt: Attempt, should_stop: Callable[[], bool]
    ) -> None:
        self._jobs = jobs
        self._fid = fid
        self._attempt = attempt
        self._should_stop = should_stop

    def size(self) -> int | None:
        """The video's size in bytes once its last byte is stored and the job is the follower's.

        None until then. Raises Stopped when the follower has nothing more to do here: it is told to
        stop, the upload broke off, its owner cancelled it, or the options came out otherwise.
        """
        job = None if self._should_stop() else self._jobs.get(self._fid)
        if job is not None and follows(job, self._attempt):
            return None
        if job is None or not self._attempt.holds(job):
            raise Stopped
        return job.source.size
