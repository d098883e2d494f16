"""One upload on its way into the store: its job, its file, and the lease that keeps both ours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import NoReturn, Self

import structlog

from chassis import moves
from chassis.errors import Permanent, ServiceError, StoreUnavailable
from chassis.following_moves import handed_over
from chassis.jobs import Job, Lease, Policy, State, new_fid
from chassis.options import ConversionOptions
from chassis.ports import JobExists, JobStore, KeyTaken, MediaStore, MediaWriter, StoredMedia
from chassis.references import delete_unnamed
from chassis.result_key import result_key, scope_of
from chassis.sharing_moves import adopting_if_offered
from chassis.sources import Source
from gateway import refusals
from gateway.admission import Admission
from gateway.form import FileStart
from gateway.refusals import BrokenOff, KeyInUse, TakenOver
from gateway.reuse import Reuse

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Desk:
    """What every reception of this process works with; `holder` is the process' unique name."""

    jobs: JobStore
    videos: MediaStore
    admission: Admission
    policy: Policy
    holder: str
    clock: Callable[[], datetime]
    reuse: Reuse


@dataclass(frozen=True, slots=True)
class Submission:
    """What is known of an upload before its body; the header fields are as the client sent them.

    `query` are the URL's parameters; is_file: whether the body is the file itself, not a form.
    """

    username: str
    content_type: str
    content_length: int | None
    idempotency_key: str | None
    traceparent: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_file: bool = False


class Reception:
    """A context that leaves a stored source and a queued job behind, or nothing.

    Left before `complete`, it gives the file up. The job is removed if the client was refused, and
    kept as failed if the upload broke off.
    """

    def __init__(self, desk: Desk, submission: Submission) -> None:
        self._desk = desk
        self._submission = submission
        self._job: Job | None = None
        self._writer: MediaWriter | None = None
        self._stored: StoredMedia | None = None
        self._lost = False
        self._completed = False
        self._renew_at = 0.0
        self.received = 0

    @property
    def job(self) -> Job | None:
        """The job as it was registered; None before the file begins."""
        return self._job

    def begin(self, start: FileStart, options: ConversionOptions) -> Self:
        """Register the job, then open its file; raises TooManyJobs or KeyInUse.

        `options` are those known by now; a converter may go by them before the last have come.
        """
        desk, now = self._desk, self._desk.clock()
        until = now + desk.policy.lease
        job = Job(
            fid=new_fid(),
            username=self._submission.username,
            state=State.RECEIVING,
            created_at=now,
            updated_at=now,
            due_at=until,
            source=Source(start.name),
            options=options,
            lease=Lease(desk.holder, until),
            video_fid=desk.videos.new_id(),
            idempotency_key=self._submission.idempotency_key,
            traceparent=self._submission.traceparent,
        )
        try:
            desk.admission.admit(job)
        except JobExists as error:
            raise KeyInUse from error
        self._job = job
        self._set_renewal()
        structlog.contextvars.bind_contextvars(job_id=job.fid)
        log.info("upload begins")
        assert job.video_fid is not None
        self._writer = desk.videos.writer(
            job.video_fid, name=start.name, content_type=start.content_type
        )
        return self

    def write(self, data: bytes) -> None:
        """Store the next bytes of the file."""
        assert self._writer is not None
        self._writer.write(data)
        self.received += len(data)

    def renew_if_due(self) -> None:
        """Keep the lease: to be called more often than each third of it.

        Raises Refusal when the owner cancelled the job meanwhile, TakenOver when it was given up.
        """
        if self._job is None or monotonic() < self._renew_at:
            return
        desk, now = self._desk, self._desk.clock()
        renewed = desk.jobs.update(
            self._job.fid,
            lambda job: moves.receiving_renewed(job, desk.holder, desk.policy, now),
        )
        if renewed is None:
            self._raise_lost()
        self._set_renewal()

    def complete(self, options: ConversionOptions) -> Job:
        """The last byte was written: the file becomes visible and the job is queued.

        If a converter followed the upload by these options, the job is converting right away. Where
        the same was converted before, the job names the files that it is about to share.
        """
        assert self._writer is not None
        assert self._job is not None
        media = self._stored = self._writer.finish()
        desk, now = self._desk, self._desk.clock()
        source = replace(self._job.source, size=media.size, sha256=media.sha256)
        owner = desk.reuse.owner_of(result_key(scope_of(self._job), source, options))

        def stored(job: Job) -> Job | None:
            asked = replace(job, options=options)
            whole = moves.stored(asked, desk.holder, media.size, media.sha256, desk.policy, now)
            return adopting_if_offered(whole, owner, desk.policy, now) if whole else None

        def stored_and_followed(job: Job) -> Job | None:
            whole = stored(job)
            return handed_over(job, whole, now) if whole and not whole.adopting else whole

        try:
            moved = desk.jobs.update(self._job.fid, stored_and_followed)
        except KeyTaken:
            # Another is being converted to the same: this one waits for it, its follower stops.
            moved = desk.jobs.update(self._job.fid, stored)
        job = moved or self._queued_after_all()
        if job is None:
            self._raise_lost()
        self._completed = True
        log.info("upload is complete", size=media.size, sha256=media.sha256)
        return job

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        if self._job is None or self._completed:
            return
        reason = error.code if isinstance(error, ServiceError) else repr(error)
        log.info("upload is given up", reason=reason)
        refused = isinstance(error, Permanent) and not isinstance(error, BrokenOff)
        try:
            given_up = self._lost or (self._remove() if refused else self._interrupt())
            if given_up and self._stored:
                delete_unnamed(self._desk.jobs, self._desk.videos, [self._stored.media_id])
        except StoreUnavailable:
            # The job's lease runs out: the sweeper ends it.
            log.warning("an upload could not be given up: the store is away")
        finally:
            if self._writer is not None:
                self._writer.__exit__()

    def _remove(self) -> bool:
        """Whether the job is gone; it is not if somebody moved it on."""
        assert self._job is not None
        while (job := self._desk.jobs.get(self._job.fid)) is not None:
            if job.state is not State.RECEIVING:
                return False
            if self._desk.jobs.remove(job):
                break
        return True

    def _interrupt(self) -> bool:
        """Whether the job has failed now; it has not if its last step had been made after all."""
        assert self._job is not None
        desk, now = self._desk, self._desk.clock()
        return bool(
            desk.jobs.update(
                self._job.fid, lambda job: moves.interrupted(job, now, desk.policy, desk.holder)
            )
        )

    def _queued_after_all(self) -> Job | None:
        """The job, if only the store's answer was lost, and others have moved the job on since.

        Nobody else writes down what was stored.
        """
        assert self._job is not None
        job = self._desk.jobs.get(self._job.fid)
        if job is None or job.source.sha256 is None or job.state is State.CANCELLED:
            return None
        return job

    def _raise_lost(self) -> NoReturn:
        assert self._job is not None
        self._lost = True
        job = self._desk.jobs.get(self._job.fid)
        if job is None or job.state is State.CANCELLED:
            raise refusals.cancelled()
        raise TakenOver

    def _set_renewal(self) -> None:
        self._renew_at = monotonic() + self._desk.policy.lease.total_seconds() / 3
