"""The job: one document that carries a submission from its first byte to its last.

The job is the truth, a message is a hint. Every change is one compare-and-set on this document, and
sets `due_at`: the time at which the sweeper has to look at the job if nothing moved it until then.
"""

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from chassis.options import ConversionOptions
from chassis.sources import Link, Loudness, Source


class State(StrEnum):
    """Where a job is."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    FETCHING = "fetching"
    CONVERTING = "converting"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Kind(StrEnum):
    """What a job is to become: an MP3, a file in the cache of links, or a job for each entry."""

    MP3 = "mp3"
    MEDIA = "media"
    PLAYLIST = "playlist"


MOVES: Final[dict[State, frozenset[State]]] = {
    State.RECEIVING: frozenset({State.QUEUED, State.CONVERTING, State.FAILED, State.CANCELLED}),
    State.QUEUED: frozenset(
        {State.FETCHING, State.CONVERTING, State.READY, State.FAILED, State.CANCELLED}
    ),
    State.FETCHING: frozenset(
        {State.FETCHING, State.QUEUED, State.READY, State.FAILED, State.CANCELLED}
    ),
    State.CONVERTING: frozenset(
        {State.CONVERTING, State.QUEUED, State.READY, State.FAILED, State.CANCELLED}
    ),
    State.READY: frozenset({State.EXPIRED}),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
}
"""The legal moves; a finished job (none but expiry left) is never taken up again."""

UNFINISHED: Final = frozenset({State.RECEIVING, State.QUEUED, State.FETCHING, State.CONVERTING})


@dataclass(frozen=True, slots=True)
class Policy:
    """How long things take and last: the same figures for every service of one installation.

    lease: how long a worker may be silent; retry_delays: the wait after the first, second, ...
    failed attempt, after the last one the job fails; announce_delay: the wait before the sweeper
    announces again, doubled each time up to announce_delay_max; mp3_retention: how long an MP3 is
    kept; job_retention: how long the record of a finished job stays after its files are gone;
    max_mail_attempts: how often a mail server is tried, at the last retry delay apart in the end
    (so a mail server may be away for half a day).
    """

    lease: timedelta = timedelta(seconds=30)
    retry_delays: tuple[timedelta, ...] = (
        timedelta(seconds=10),
        timedelta(seconds=60),
        timedelta(minutes=5),
        timedelta(minutes=15),
    )
    announce_delay: timedelta = timedelta(seconds=15)
    announce_delay_max: timedelta = timedelta(hours=1)
    mp3_retention: timedelta = timedelta(days=7)
    job_retention: timedelta = timedelta(days=30)
    max_mail_attempts: int = 60

    @property
    def max_attempts(self) -> int:
        """How often a job is tried in all."""
        return len(self.retry_delays) + 1

    def mail_delay(self, attempts: int) -> timedelta:
        """How long to wait with a mail after attempt number `attempts` (from 1) to send it."""
        return self.retry_delays[min(attempts, len(self.retry_delays)) - 1]

    def announce_after(self, announcements: int) -> timedelta:
        """How long to wait for a job to move after it was announced again so many times."""
        doubled: timedelta = self.announce_delay * 2 ** min(announcements, 20)
        return min(doubled, self.announce_delay_max)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on a job, and until when others keep away."""

    holder: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed, was cancelled or expired: a stable code and a sentence for its owner."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Which batch a job belongs to, and at which place (from 0) it stands there."""

    batch_id: str
    position: int


@dataclass(frozen=True, slots=True)
class ResultPart:
    """One MP3 of several in a ZIP: where it begins, its size in bytes, its duration in seconds."""

    title: str
    offset: int
    size: int
    duration: float


@dataclass(frozen=True, slots=True)
class Result:
    """The MP3: size in bytes, sha256 in hex, duration in seconds, average bitrate in bit/s.

    mode: "VBR V2", "CBR 192" or "copied"; sample_rate in Hz; `loudness` is that of the sound that
    was encoded, after every gain, None where it was copied. The notes are sentences for the owner.
    MP3s of earlier versions lack what has a default.
    Where it was split by chapters it is a ZIP of the MP3s that `parts` are; else there are none.
    """

    size: int
    sha256: str
    duration: float
    bitrate: int
    mode: str | None = None
    channels: int | None = None
    sample_rate: int | None = None
    loudness: Loudness | None = None
    notes: tuple[str, ...] = ()
    parts: tuple[ResultPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """The one mail of a finished job: sent, given up (`failure`), or claimed by a lease."""

    attempts: int = 0
    lease: Lease | None = None
    not_before: datetime | None = None
    sent_at: datetime | None = None
    failure: Failure | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do for this mail."""
        return self.sent_at is not None or self.failure is not None


@dataclass(frozen=True, slots=True)
class Job:
    """One submission. Times are UTC; `progress` runs from 0 to 1.

    It names its stored files: `video_fid` the source, `picture_fid` the picture of its link,
    `writing_fid` the MP3 that the attempt under way writes, `mp3_fid` the finished MP3. Each is
    named here before its first byte is stored, so a stored file that no job names is an orphan
    (unless the cache of links names it). Jobs of the same `result_key` (chassis.result_key)
    share the finished files: `adopting` names those that the job is about to share, `produces` is
    the key while the job is converted to that result, and while it is ready as the one that was; no
    two jobs have the same. `attempts` counts claims; (lease.holder, attempts) names the attempt
    under way. `follower` is the lease of who converts the video while it arrives, beside the
    gateway's. `announcements` counts the sweeper's messages since the last move. `queued_at` is
    when the source was whole, `converting_at` when the last attempt at it began, `ready_at` when
    its MP3 was there; a job that shares another's MP3 was never converted itself.
    `fetches` is the fetch key of its link while it is fetched; no two jobs have the same.
    `batch` is the batch that it belongs to; of a playlist, the fid is the batch's id.
    `revision` is the store's own: a new random value for each change.
    """

    fid: str
    username: str
    state: State
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    source: Source
    kind: Kind = Kind.MP3
    link: Link | None = None
    batch: Batch | None = None
    options: ConversionOptions = field(default_factory=ConversionOptions)
    progress: float = 0.0
    attempts: int = 0
    announcements: int = 0
    lease: Lease | None = None
    follower: Lease | None = None
    not_before: datetime | None = None
    video_fid: str | None = None
    picture_fid: str | None = None
    writing_fid: str | None = None
    mp3_fid: str | None = None
    adopting: tuple[str, ...] = ()
    result_key: str | None = None
    produces: str | None = None
    fetches: str | None = None
    result: Result | None = None
    failure: Failure | None = None
    last_error: Failure | None = None
    expires_at: datetime | None = None
    queued_at: datetime | None = None
    converting_at: datetime | None = None
    ready_at: datetime | None = None
    mail: Mail = field(default_factory=Mail)
    idempotency_key: str | None = None
    traceparent: str | None = None
    revision: str = ""

    @property
    def seconds_waited(self) -> float | None:
        """From the source's last byte to the conversion, or to another job's MP3; None if unknown.

        What was converted while it arrived has not waited.
        """
        until = self.converting_at or self.ready_at
        if self.queued_at is None or until is None:
            return None
        return max(0.0, (until - self.queued_at).total_seconds())

    @property
    def seconds_converted(self) -> float | None:
        """From there on until the MP3 was ready; None if it is not, or if it is another job's."""
        if self.converting_at is None or self.ready_at is None:
            return None
        return max(0.0, (self.ready_at - self.converting_at).total_seconds())

    @property
    def unfinished(self) -> bool:
        """Whether work on this job is still to be done."""
        return self.state in UNFINISHED

    @property
    def has_source(self) -> bool:
        """Whether its source is stored whole, so that it can be converted."""
        return self.video_fid is not None and self.source.sha256 is not None

    @property
    def needs_fetch(self) -> bool:
        """Whether its source has yet to be brought in, by its link."""
        return self.link is not None and self.video_fid is None

    def lease_is_stale(self, now: datetime) -> bool:
        """Whether others may take the job over."""
        return self.lease is None or self.lease.expires_at <= now


def new_fid() -> str:
    """A fresh id for a submission: a random UUID (RFC 9562, version 4)."""
    return str(uuid4())


def with_new_revision(job: Job) -> Job:
    """The job as it is to be stored: told apart from every other change, also from an equal one."""
    return replace(job, revision=secrets.token_hex(8))


def is_fid(text: str) -> bool:
    """Whether `text` has the form of an id that `new_fid` makes; says nothing of its existence."""
    try:
        parsed = UUID(text)
    except ValueError:
        return False
    return parsed.version == 4 and str(parsed) == text.lower()  # noqa: PLR2004 - the version's name


def now_utc() -> datetime:
    """The time now, in UTC and in whole milliseconds, which is what MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
