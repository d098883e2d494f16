"""What services need of the world, as promises that a real server and a fake both keep.

The contract tests in tests/contract hold each implementation to these promises. Every method may
raise `StoreUnavailable` (MongoDB) or `BrokerUnavailable` (RabbitMQ): the world is at fault, nothing
was decided, trying again is safe.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from chassis.errors import Permanent
from chassis.jobs import Job, State
from chassis.messages import JobMessage

CHUNK_BYTES = 1 << 20
"""Files are stored in chunks of this size; whoever writes whole ones spares a copy of each."""

COUNTED_JOBS = 10_000
"""How far jobs in one state are counted, so that a measure costs little however many there are."""

MAX_REWRITE_BYTES = 1 << 20
"""How much of a file can be replaced at once."""

Move = Callable[[Job], Job | None]
"""A pure function from what a job is to what it becomes; None: not possible (see chassis.moves)."""


class JobExists(Permanent):
    """A job with that fid, or of that user with that idempotency key, is there already."""

    def __init__(self) -> None:
        super().__init__("job_exists", "A job with this idempotency key exists.")


class KeyTaken(Exception):
    """Another job produces the result with that key, or has produced it, or fetches the same."""


class JobStore(Protocol):
    """The jobs, each changed only by compare-and-set with majority write concern."""

    def insert(self, job: Job) -> None:
        """Store a new job; raises JobExists where it is there, or the owner used the key before."""

    def get(self, fid: str) -> Job | None:
        """The job as it is now, or None."""

    def find_by_key(self, username: str, idempotency_key: str) -> Job | None:
        """The owner's job with that idempotency key, or None."""

    def with_result_key(self, result_key: str, state: State, limit: int) -> list[Job]:
        """Jobs in `state` with that key, oldest first."""

    def with_link_key(self, key: str, state: State, limit: int) -> list[Job]:
        """Jobs in `state` whose link has that key, oldest first."""

    def in_batch(self, batch_id: str) -> list[Job]:
        """The jobs of a batch, in its order; batches are small."""

    def update(self, fid: str, move: Move, known: Job | None = None) -> Job | None:
        """Apply `move` to the job as it is, atomically; the job as it became.

        known: the job as it was seen last, which need not be read again where nothing has changed.
        None when there is no such job or when `move` returned None. `move` may be called several
        times (another's change came between) and has to be pure. Raises KeyTaken where it made the
        job produce a result that another job produces, or fetch what another fetches.
        """

    def remove(self, job: Job) -> bool:
        """Delete the job unless it changed since it was read; whether it was deleted."""

    def newest(
        self, username: str | None, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[Job]:
        """The jobs of one user (None: of all), newest first, after the one `before` names.

        `before` is (created_at, fid) of the last job of the page before.
        """

    def count_unfinished(self, username: str) -> int:
        """How many of the user's jobs are still being worked on."""

    def due(
        self, now: datetime, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[Job]:
        """Jobs whose `due_at` has come, those that wait longest first, after the one `after` names.

        `after` is (due_at, fid) of the last job of the page before.
        """

    def referenced(self, media_ids: Collection[str]) -> set[str]:
        """Those of `media_ids` that a job names, or the cache (see chassis.media_cache)."""

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state; of each no more than COUNTED_JOBS are counted."""

    def count_waiting(self, *, whole: bool) -> int:
        """How many queued jobs have their source whole, or have yet to be brought it by a link.

        No more than COUNTED_JOBS are counted.
        """

    def oldest(self, state: State) -> datetime | None:
        """When the oldest job in `state` was made; None when there is none."""

    def oldest_waiting(self) -> datetime | None:
        """Since when the job waits, with its source whole, that waits longest for a converter."""

    def longest_due(self) -> datetime | None:
        """When the time of the job came, or comes, that is looked at next; None without jobs."""


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A file that is stored whole: size in bytes, sha256 in hex."""

    media_id: str
    size: int
    sha256: str


class MediaWriter(Protocol):
    """One file on its way into the store. As a context manager it aborts unless it was finished."""

    media_id: str

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append; returns when the bytes are taken over, not when they are stored."""

    def rewrite(self, offset: int, data: bytes) -> None:
        """Replace bytes from `offset` on: at most MAX_REWRITE_BYTES, all of them written already.

        Only for a writer that was opened as `rewritable`; raises ValueError. What is replaced in
        the file's first chunk costs nothing; elsewhere a chunk is read and written again.
        """

    def start_over(self) -> None:
        """Delete what was written: the file begins anew; raises StoreUnavailable.

        Only for a writer that was opened as `rewritable`; raises ValueError.
        """

    def finish(self) -> StoredMedia:
        """Store what is left and make the file visible; raises StoreUnavailable."""

    def abort(self) -> None:
        """Delete what was stored; leaves the rest to the sweeper if the store is away."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


def check_rewrite(offset: int, data: bytes, written: int) -> None:
    """Raise ValueError unless `data` can replace bytes from `offset` on of `written` ones."""
    if not 0 <= offset <= offset + len(data) <= written or len(data) > MAX_REWRITE_BYTES:
        raise ValueError(f"{len(data)} bytes at {offset} of {written} cannot be replaced")


class MediaReader(Protocol):
    """A stored file, read anywhere. Close it, or use it as a context manager."""

    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from `offset`, at least one and at most `length`; b"" at the end.

        Raises MediaMissing when the file was deleted meanwhile.
        """

    def stream(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, in pieces, read ahead by a bounded amount."""

    def close(self) -> None:
        """Let go of cursors and threads."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


class FollowingReader(Protocol):
    """A file that is still being written, read anywhere. Close it, or use it as a context manager.

    Where bytes are asked for that are not stored yet, it waits for them, and asks now and then
    whether the file is whole; whatever that raises ends the waiting.
    """

    @property
    def size(self) -> int:
        """How many bytes there are, once the file is whole; waits for that."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from `offset`, at least one and at most `length`; b"" at the end of a whole file.

        Raises MediaMissing when the file was deleted meanwhile.
        """

    def close(self) -> None:
        """Let go of cursors and threads."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


class MediaStore(Protocol):
    """Files in GridFS (one instance for videos, one for mp3s)."""

    def new_id(self) -> str:
        """A fresh id (24 hex digits), to be named by a job before anything is written under it."""

    def writer(
        self, media_id: str, *, name: str, content_type: str, rewritable: bool = False
    ) -> MediaWriter:
        """Start a file. Of a `rewritable` one bytes can be replaced until it is finished."""

    def open(self, media_id: str) -> MediaReader:
        """A finished file; raises MediaMissing."""

    def follow(self, media_id: str, whole: Callable[[], int | None]) -> FollowingReader:
        """A file that is being written; `whole` gives its size once it is finished, None before."""

    def delete(self, media_id: str) -> None:
        """Delete the file and all its chunks, finished or not; nothing there is no error."""

    def media_ids(self, after: str | None, limit: int) -> list[str]:
        """Up to `limit` ids, in order, greater than `after`, under which anything is stored."""


class Publisher(Protocol):
    """The way onto the queues."""

    def publish(self, queue: str, message: JobMessage) -> None:
        """Returns when the broker has confirmed the message; raises BrokerUnavailable.

        After the error the message may or may not have arrived.
        """


Rest = Callable[[], None]
"""What is left to do of a message that is acked: short, and in nobody's way.

A crash loses it, as it would lose the message: the job tells that it is not done.
"""

Handler = Callable[[JobMessage], Rest | None]
"""Does what a message asks for; what it raises decides what becomes of the message."""
