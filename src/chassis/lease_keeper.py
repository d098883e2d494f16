"""Keeping a lease while a fetch or a conversion runs, and noticing when it is lost."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Event, Thread
from typing import Self

import structlog

from chassis import following_moves
from chassis.errors import StoreUnavailable
from chassis.jobs import Job, Policy
from chassis.moves import Attempt
from chassis.ports import JobStore

log = structlog.get_logger(__name__)


class LeaseKeeper:
    """Renews the lease of one attempt each third of its length, and writes the progress with it.

    As a context manager it renews from a thread of its own. While the store is away it keeps
    trying: nobody else can take the job over meanwhile, and the next renewal decides.
    """

    def __init__(
        self,
        jobs: JobStore,
        job: Job,
        attempt: Attempt,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._jobs = jobs
        self._fid = job.fid
        self._attempt = attempt
        self._policy = policy
        self._clock = clock
        self._progress = 0.0
        self._ended = Event()
        self._lost = Event()
        self._thread = Thread(target=self._run, name="lease", daemon=True)

    @property
    def lost(self) -> bool:
        """Whether the job went to another worker, or its owner cancelled it."""
        return self._lost.is_set()

    def note_progress(self, fraction: float) -> None:
        """Say how far the work is (0 to 1); it is written down with the next renewal."""
        self._progress = min(max(fraction, self._progress), 1.0)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._policy.lease.total_seconds() / 3):
            try:
                if not self._renewed():
                    log.info("the job is not ours any more")
                    self._lost.set()
                    return
            except StoreUnavailable as error:
                log.warning("the lease cannot be renewed now", error=error.detail)

    def _renewed(self) -> bool:
        renew = partial(
            following_moves.renewed,
            attempt=self._attempt,
            policy=self._policy,
            now=self._clock(),
            progress=self._progress,
        )
        return self._jobs.update(self._fid, renew) is not None
