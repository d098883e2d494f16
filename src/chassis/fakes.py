"""The ports in memory, for unit tests of rules that need a store but not its failures.

The contract tests run against these and against the real servers alike.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime
from threading import Lock, RLock
from time import sleep
from typing import Final, Self

from chassis.errors import BrokerUnavailable, MediaMissing
from chassis.jobs import Job, State, now_utc, with_new_revision
from chassis.media_cache import AskedSite, CachedContent, CachedLink
from chassis.messages import JobMessage
from chassis.ports import (
    COUNTED_JOBS,
    JobExists,
    KeyTaken,
    Move,
    StoredMedia,
    check_rewrite,
)

FOLLOW_SECONDS: Final = 0.005


class FakeMediaCache:
    """The cache in dictionaries."""

    def __init__(self, clock: Callable[[], datetime] = now_utc) -> None:
        self._clock = clock
        self._links: dict[str, CachedLink] = {}
        self._asked: dict[str, AskedSite] = {}
        self._contents: dict[str, CachedContent] = {}
        self._confirmed: set[str] = set()
        self._lock = RLock()

    def link(self, fetch_key: str) -> CachedLink | None:
        """See MediaCache."""
        found = self._links.get(fetch_key)
        return found if found and found.expires_at > self._clock() else None

    def remember_link(self, link: CachedLink) -> None:
        """See MediaCache."""
        self._links[link.fetch_key] = link

    def forget_link(self, fetch_key: str) -> None:
        """See MediaCache."""
        self._links.pop(fetch_key, None)

    def content(self, sha256: str) -> CachedContent | None:
        """See MediaCache."""
        found = self._contents.get(sha256)
        return found if found and found.video_fid in self._confirmed else None

    def keep(self, content: CachedContent) -> CachedContent:
        """See MediaCache."""
        with self._lock:
            there = self.used(content.sha256, content.used_at)
            if there is None:
                self._contents[content.sha256] = content
            return there or content

    def confirm(self, content: CachedContent) -> bool:
        """See MediaCache."""
        with self._lock:
            found = self._contents.get(content.sha256)
            kept = found is not None and found.video_fid == content.video_fid
            if kept:
                self._confirmed.add(content.video_fid)
            return kept

    def used(self, sha256: str, now: datetime) -> CachedContent | None:
        """See MediaCache."""
        with self._lock:
            found = self.content(sha256)
            if found is None:
                return None
            self._contents[sha256] = replace(found, used_at=max(found.used_at, now))
            return self._contents[sha256]

    def remove(self, content: CachedContent) -> bool:
        """See MediaCache."""
        with self._lock:
            found = self._contents.get(content.sha256)
            unused = found is not None and (found.video_fid, found.used_at) == (
                content.video_fid,
                content.used_at,
            )
            if unused:
                del self._contents[content.sha256]
                self._confirmed.discard(content.video_fid)
            return unused

    def total_bytes(self) -> int:
        """See MediaCache."""
        return sum(content.size for content in self._contents.values())

    def least_recently_used(self, limit: int) -> list[CachedContent]:
        """See MediaCache."""
        return sorted(self._contents.values(), key=lambda content: content.used_at)[:limit]

    def asked(self, key: str) -> AskedSite | None:
        """See MediaCache."""
        found = self._asked.get(key)
        return found if found and found.expires_at > self._clock() else None

    def remember_asked(self, asked: AskedSite) -> None:
        """See MediaCache."""
        self._asked[asked.key] = asked

    def named_files(self) -> set[str]:
        """The files that the cache names."""
        return {content.video_fid for content in self._contents.values()}


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

    def update(self, fid: str, move: Move) -> Job | None:
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


class FakeMediaWriter:
    """A file that grows in memory."""

    def __init__(self, store: "FakeMediaStore", media_id: str, *, rewritable: bool) -> None:
        self.media_id = media_id
        self._store = store
        self._rewritable = rewritable
        self._data = bytearray()
        self._finished = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See MediaWriter."""
        self._data += data
        self._store.arriving[self.media_id] = bytes(self._data)

    def rewrite(self, offset: int, data: bytes) -> None:
        """See MediaWriter."""
        check_rewrite(offset, data, len(self._data) if self._rewritable else 0)
        self._data[offset : offset + len(data)] = data

    def start_over(self) -> None:
        """See MediaWriter."""
        self._data.clear()
        self._store.delete(self.media_id)

    def finish(self) -> StoredMedia:
        """See MediaWriter."""
        data = bytes(self._data)
        self._store.files[self.media_id] = data
        self._finished = True
        return StoredMedia(self.media_id, len(data), hashlib.sha256(data).hexdigest())

    def abort(self) -> None:
        """See MediaWriter."""
        self._store.delete(self.media_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if not self._finished:
            self.abort()


class FakeMediaReader:
    """A file in memory."""

    def __init__(self, store: "FakeMediaStore", media_id: str) -> None:
        if media_id not in store.files:
            raise MediaMissing(media_id)
        self._store = store
        self._media_id = media_id
        self.size = len(store.files[media_id])

    def read_at(self, offset: int, length: int) -> bytes:
        """See MediaReader."""
        if self._media_id not in self._store.files:
            raise MediaMissing(self._media_id)
        return self._store.files[self._media_id][offset : offset + length]

    def stream(self, start: int, stop: int) -> Iterator[bytes]:
        """See MediaReader."""
        if start < stop:
            yield self.read_at(start, stop - start)

    def close(self) -> None:
        """See MediaReader."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class FakeFollowingReader:
    """A file in memory that may still grow."""

    def __init__(
        self, store: "FakeMediaStore", media_id: str, whole: Callable[[], int | None]
    ) -> None:
        self._store = store
        self._media_id = media_id
        self._whole = whole

    @property
    def size(self) -> int:
        """See FollowingReader."""
        while (size := self._whole()) is None:
            sleep(FOLLOW_SECONDS)
        return size

    def read_at(self, offset: int, length: int) -> bytes:
        """See FollowingReader."""
        while True:
            ended = self._whole() is not None
            if ended and self._media_id not in self._store.files:
                raise MediaMissing(self._media_id)
            data = self._store.arriving.get(self._media_id, b"")[offset : offset + length]
            if data or ended:
                return data
            sleep(FOLLOW_SECONDS)

    def close(self) -> None:
        """See FollowingReader."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class FakeMediaStore:
    """Files in a dictionary, which tests may look into; `arriving` has those being written too."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.arriving: dict[str, bytes] = {}

    def new_id(self) -> str:
        """See MediaStore."""
        return secrets.token_hex(12)

    def writer(
        self,
        media_id: str,
        *,
        name: str,  # noqa: ARG002 - part of the port
        content_type: str,  # noqa: ARG002 - part of the port
        rewritable: bool = False,
    ) -> FakeMediaWriter:
        """See MediaStore."""
        return FakeMediaWriter(self, media_id, rewritable=rewritable)

    def open(self, media_id: str) -> FakeMediaReader:
        """See MediaStore."""
        return FakeMediaReader(self, media_id)

    def follow(self, media_id: str, whole: Callable[[], int | None]) -> FakeFollowingReader:
        """See MediaStore."""
        return FakeFollowingReader(self, media_id, whole)

    def delete(self, media_id: str) -> None:
        """See MediaStore."""
        self.files.pop(media_id, None)
        self.arriving.pop(media_id, None)

    def media_ids(self, after: str | None, limit: int) -> list[str]:
        """See MediaStore."""
        return sorted(media_id for media_id in self.files if media_id > (after or ""))[:limit]


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
