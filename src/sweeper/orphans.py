"""Orphans: what is stored and named by no job, because somebody died before deleting it."""

from typing import Final

import structlog

from chassis.ports import JobStore, MediaStore
from chassis.references import delete_unnamed
from sweeper.metrics import ORPHANS_DELETED

log = structlog.get_logger(__name__)

BATCH: Final = 500
BETWEEN_BATCHES: Final = 1.0


class OrphanWalk:
    """Walks through one store in the order of its ids, and begins anew when it is through.

    It rests `between_walks` seconds when it is through, a moment between two batches of one walk.
    """

    def __init__(
        self,
        name: str,
        jobs: JobStore,
        media: MediaStore,
        *,
        between_walks: float,
        batch: int = BATCH,
    ) -> None:
        self.name = name
        self._between_walks = between_walks
        self._jobs = jobs
        self._media = media
        self._batch = batch
        self._after: str | None = None

    def step(self) -> float:
        """Look at the next batch; after how many seconds to look at the one after it.

        Raises StoreUnavailable; the same batch is then looked at again.
        """
        # The order matters: first what is stored, then what is named.
        stored = self._media.media_ids(self._after, self._batch)
        deleted = delete_unnamed(self._jobs, self._media, stored)
        if deleted:
            ORPHANS_DELETED.labels(self.name).inc(deleted)
            log.info("orphans are deleted", store=self.name, count=deleted)
        self._after = stored[-1] if len(stored) == self._batch else None
        return BETWEEN_BATCHES if self._after else self._between_walks
