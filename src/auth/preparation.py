"""Making MySQL ready while the service runs: the tables, then the first admin.

A service that starts while MySQL is down serves its public keys all the same, says that it is not
ready, and catches up by itself.
"""

from collections.abc import Callable
from threading import Event, Thread
from time import sleep
from typing import Final

import structlog

from auth.errors import AccountsUnavailable

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 10.0

log = structlog.get_logger(__name__)


def when_reachable(work: Callable[[], None]) -> None:
    """Do `work` as soon as the database can be reached; raises whatever else goes wrong."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            work()
        except AccountsUnavailable:
            log.warning("waiting for the database")
            sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        else:
            return


class Preparation:
    """Tries `prepare` in the background until it succeeds, with growing pauses."""

    def __init__(self, prepare: Callable[[], None]) -> None:
        self._prepare = prepare
        self._done = Event()
        self._thread = Thread(target=self._run, name="preparation", daemon=True)

    @property
    def done(self) -> bool:
        """Whether it has succeeded."""
        return self._done.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._succeeds():
            sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        log.info("the database is ready")
        self._done.set()

    def _succeeds(self) -> bool:
        try:
            self._prepare()
        except AccountsUnavailable:
            log.warning("waiting for the database")
            return False
        except Exception:
            # A migration that fails must be seen, and must not take the public keys down with it.
            log.exception("the database could not be prepared")
            return False
        return True
