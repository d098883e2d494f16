"""Looking after a fetch from beside it: whoever waits for a site sees nothing of what this sees."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from types import TracebackType
from typing import Final, Self

from fetcher.failures import failure
from fetcher.limits import FetchLimits
from fetcher.pace import Pace
from fetcher.ports import Stopped

_LOOK_SECONDS: Final = 0.25


class Watch:
    """Ends what waits when the fetch is told to stop, out of time, or too slow.

    It runs while it is entered, in a thread of its own, and asks `should_stop` and `received` (how
    many bytes have come in all) from there. The first reason to end stays.
    """

    def __init__(
        self, limits: FetchLimits, received: Callable[[], int], should_stop: Callable[[], bool]
    ) -> None:
        self._received = received
        self._should_stop = should_stop
        self._pace = Pace(limits.least_rate)
        self._deadline = time.monotonic() + limits.max_seconds
        self._changed = Condition()
        self._cuts: list[Callable[[], None]] = []
        self._waited = 0.0
        self._waiting_since: float | None = None
        self._verdict: Exception | None = None
        self._left = False
        self._thread = Thread(target=self._look, name="fetch-watch", daemon=True)

    @property
    def seconds_left(self) -> float:
        """How long the fetch may still take."""
        return max(0.0, self._deadline - time.monotonic())

    def check(self) -> None:
        """Returns while the fetch may go on; raises Stopped, or Permanent `too_slow`."""
        with self._changed:
            if self._verdict is None:
                self._verdict = self._judge()
            if self._verdict is not None:
                raise self._verdict

    def pause(self, seconds: float) -> None:
        """Wait so long; raises as `check`, as soon as there is a reason."""
        until = time.monotonic() + seconds
        with self._changed:
            while self._verdict is None and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
        self.check()

    @contextmanager
    def cutting(self, cut: Callable[[], None]) -> Iterator[None]:
        """Meanwhile `cut` is called, from another thread, as soon as the fetch is to end.

        It has to be quick, and may be called more than once.
        """
        with self._changed:
            self._cuts.append(cut)
            over = self._verdict is not None
        if over:
            cut()
        try:
            yield
        finally:
            with self._changed:
                self._cuts.remove(cut)

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Meanwhile bytes of the video are awaited: this is the time in which they may be slow."""
        with self._changed:
            self._waiting_since = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                self._waited = self._seconds_waited()
                self._waiting_since = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._left = True
            self._changed.notify_all()
        self._thread.join()

    def _look(self) -> None:
        with self._changed:
            while not self._left and self._verdict is None:
                self._changed.wait(_LOOK_SECONDS)
                self._verdict = self._verdict or self._judge()
            self._changed.notify_all()
            for cut in self._cuts:
                cut()

    def _judge(self) -> Exception | None:
        if self._should_stop():
            return Stopped()
        if time.monotonic() > self._deadline:
            return failure("too_slow", "Fetching this video takes longer than what is allowed.")
        if self._waiting_since is None:
            return None
        slow = self._pace.is_too_slow(self._seconds_waited(), self._received())
        return failure("too_slow") if slow else None

    def _seconds_waited(self) -> float:
        if self._waiting_since is None:
            return self._waited
        return self._waited + time.monotonic() - self._waiting_since
