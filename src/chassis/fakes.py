"""The ports in memory, for unit tests of rules that need a store but not its failures.

The contract tests run against these and against the real servers alike.
"""

from collections.abc import Collection
from datetime import datetime
from threading import Lock

from chassis.errors import BrokerUnavailable
from chassis.fake_media_cache import FakeMediaCache
from chassis.jobs import Job, State, with_new_revision
from chassis.messages import JobMessage
from chassis.ports import (
    COUNTED_JOBS,
    JobExists,
    KeyTaken,
    Move,
)


class FakeJobStore:
    """Jobs in a dictionary; `cache` names files too."""

    def __init__(self, cache: FakeMediaCache | None = None) -> None:
        self._cache = cache or FakeMediaCache()
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def insert(self, job: Job) -> None:
        """See JobStore."""
        with self._lock:
            same_key = self._with_key(job.username, job.idempotency_key)
            if job.fid in self._jobs or same_key or self._is_taken(job):
                raise JobExists
            self._jobs[job.fid] = job

    def get(self, fid: str) -> Job | None:
        """See JobStore."""
        return self._jobs.get(fid)

    def find_by_key(self, username: str, idempotency_key: str) -> Job | None:
        """See JobStore."""
        return self._with_key(username, idempotency_key)

    def with_result_key(self, result_key: str, state: State, limit: int) -> list[Job]:
        """See JobStore."""
        jobs = [
            job for job in self._jobs.values() if (job.result_key, job.state) == (result_key, state)
        ]
        return sorted(jobs, key=lambda job: (job.created_at, job.fid))[:limit]

    def with_link_key(self, key: str, state: State, limit: int) -> list[Job]:
        """See JobStore."""
        jobs = [job for job in self._in(state) if job.link and job.link.key == key]
        return sorted(jobs, key=lambda job: (job.created_at, job.fid))[:limit]

    def in_batch(self, batch_id: str) -> list[Job]:
        """See JobStore."""
        placed = [(job.batch, job) for job in self._jobs.values() if job.batch]
        in_order = sorted(placed, key=lambda found: found[0].position)
        return [job for batch, job in in_order if batch.batch_id == batch_id]

    def update(
        self,
        fid: str,
        move: Move,
        known: Job | None = None,  # noqa: ARG002 - part of the port
    ) -> Job | None:
        """See JobStore."""
        with self._lock:
            job = self._jobs.get(fid)
            moved = move(job) if job else None
            if moved is None:
                return None
            if self._is_taken(moved):
                raise KeyTaken
            self._jobs[fid] = with_new_revision(moved)
            return self._jobs[fid]

    def remove(self, job: Job) -> bool:
        """See JobStore."""
        with self._lock:
            stored = self._jobs.get(job.fid)
            if stored is None or stored.revision != job.revision:
                return False
            del self._jobs[job.fid]
            return True

    def newest(
        self, username: str | None, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[Job]:
        """See JobStore."""
        jobs = [job for job in self._jobs.values() if username in (None, job.username)]
        jobs.sort(key=lambda job: (job.created_at, job.fid), reverse=True)
        return [job for job in jobs if not before or (job.created_at, job.fid) < before][:limit]

    def count_unfinished(self, username: str) -> int:
        """See JobStore."""
        return sum(job.unfinished for job in self._jobs.values() if job.username == username)

    def due(
        self, now: datetime, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[Job]:
        """See JobStore."""
        jobs = [job for job in self._jobs.values() if job.due_at <= now]
        jobs.sort(key=lambda job: (job.due_at, job.fid))
        return [job for job in jobs if not after or (job.due_at, job.fid) > after][:limit]

    def referenced(self, media_ids: Collection[str]) -> set[str]:
        """See JobStore."""
        named = {
            media_id
            for job in self._jobs.values()
            for media_id in (
                job.video_fid,
                job.picture_fid,
                job.writing_fid,
                job.mp3_fid,
                *job.adopting,
            )
        }
        named |= self._cache.named_files()
        return {media_id for media_id in media_ids if media_id in named}

    def counts(self) -> dict[State, int]:
        """See JobStore."""
        return {state: len(self._in(state)[:COUNTED_JOBS]) for state in State}

    def count_waiting(self, *, whole: bool) -> int:
        """See JobStore."""
        waiting = [job for job in self._in(State.QUEUED) if (job.queued_at is not None) is whole]
        return len(waiting[:COUNTED_JOBS])

    def oldest(self, state: State) -> datetime | None:
        """See JobStore."""
        return min((job.created_at for job in self._in(state)), default=None)

    def oldest_waiting(self) -> datetime | None:
        """See JobStore."""
        waiting = [job.queued_at for job in self._in(State.QUEUED) if job.queued_at]
        return min(waiting, default=None)

    def longest_due(self) -> datetime | None:
        """See JobStore."""
        return min((job.due_at for job in self._jobs.values()), default=None)

    def _in(self, state: State) -> list[Job]:
        return [job for job in self._jobs.values() if job.state is state]

    def _is_taken(self, job: Job) -> bool:
        others = [other for other in self._jobs.values() if other.fid != job.fid]
        return any(job.produces and other.produces == job.produces for other in others) or any(
            job.fetches and other.fetches == job.fetches for other in others
        )

    def _with_key(self, username: str, key: str | None) -> Job | None:
        return next(
            (
                job
                for job in self._jobs.values()
                if key is not None and (job.username, job.idempotency_key) == (username, key)
            ),
            None,
        )


class FakePublisher:
    """Keeps what was published; `down` makes it refuse."""

    def __init__(self) -> None:
        self.published: list[tuple[str, JobMessage]] = []
        self.down = False

    def publish(self, queue: str, message: JobMessage) -> None:
        """See Publisher."""
        if self.down:
            raise BrokerUnavailable("The broker is down.")
        self.published.append((queue, message))
