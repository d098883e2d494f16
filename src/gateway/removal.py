"""DELETE of a job: what runs is cancelled, what is finished goes.

Its files go in both cases, unless another job shares them.
"""

from collections.abc import Callable
from datetime import datetime

import structlog

from chassis import moves
from chassis.errors import StoreUnavailable
from chassis.jobs import Job, Policy
from chassis.ports import JobStore, MediaStore
from chassis.references import delete_unnamed, named_mp3s, named_videos
from gateway import refusals

log = structlog.get_logger(__name__)


class Removal:
    """Removes jobs, and with them what is stored for them alone."""

    def __init__(
        self,
        jobs: JobStore,
        videos: MediaStore,
        mp3s: MediaStore,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._jobs = jobs
        self._videos = videos
        self._mp3s = mp3s
        self._policy = policy
        self._clock = clock

    def remove(self, job: Job) -> None:
        """Cancel the job if it is unfinished, else delete it; raises Refusal if it is not there."""
        while True:
            if self._cancelled(job) if job.unfinished else self._jobs.remove(job):
                break
            current = self._jobs.get(job.fid)
            if current is None:
                raise refusals.job_not_found()
            job = current
        log.info("job is removed by its owner", state=str(job.state))
        self._delete_files(job)

    def _cancelled(self, seen: Job) -> bool:
        now = self._clock()

        def cancel(job: Job) -> Job | None:
            # Only what was seen: its files are the ones that go.
            unchanged = job.revision == seen.revision
            return moves.cancelled(job, self._policy, now) if unchanged else None

        return self._jobs.update(seen.fid, cancel) is not None

    def _delete_files(self, job: Job) -> None:
        try:
            delete_unnamed(self._jobs, self._videos, named_videos(job))
            delete_unnamed(self._jobs, self._mp3s, named_mp3s(job))
        except StoreUnavailable:
            log.warning("files of a removed job are left to the sweeper")
