"""Taking an upload in: from the first byte of its body to a queued job."""

from collections.abc import Callable, Iterator
from typing import Protocol

from chassis.jobs import Job
from chassis.options import ConversionOptions
from chassis.ports import CHUNK_BYTES, Publisher
from gateway import refusals
from gateway.announcing import announce
from gateway.early import EarlyAnnouncement
from gateway.form import Field, FileStart, UploadForm, boundary_of
from gateway.idempotency import Fingerprint, checked_key, earlier_job
from gateway.raw_file import RawFile
from gateway.reception import Desk, Reception, Submission
from gateway.url_options import url_options


class Body(Protocol):
    """The body of a request on its way in."""

    def pieces(
        self, while_waiting: Callable[[], None], wanted: Callable[[], int]
    ) -> Iterator[bytes]:
        """What arrives, never empty; `while_waiting` is called each second or so.

        Pieces have the size that `wanted` says at the time where the client is fast enough.
        Raises BrokenOff when the client goes away or stalls, Refusal when it sends nonsense.
        """


class FileSink(Protocol):
    """Where the bytes of the file go."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""


class Form(Protocol):
    """How a body carries its file and its options: see gateway.form.UploadForm."""

    overhead_bytes: int
    file_bytes: int

    def feed(self, piece: bytes) -> Iterator[FileStart | Field | bytes]:
        """What the next piece brings; raises Refusal."""

    def close(self) -> None:
        """The body has ended; raises Refusal if it was not whole."""


class Uploads:
    """Uploads of any size, each in one pass and in bounded memory."""

    def __init__(self, desk: Desk, publisher: Publisher, max_bytes: int) -> None:
        self._desk = desk
        self._publisher = publisher
        self._max_bytes = max_bytes

    def accept(self, submission: Submission, body: Body) -> Job:
        """The job once the last byte is stored; or the job that the same key made before.

        It is ready where the same was converted before.
        Raises Refusal (also InvalidOption) for what the client did wrong, Retryable for the rest.
        """
        form = _form_of(submission, self._max_bytes)
        if (submission.content_length or 0) > self._max_bytes + form.overhead_bytes:
            raise refusals.too_large(self._max_bytes)
        earlier = self._earlier(submission)
        if earlier is not None:
            return _compared(earlier, form, body)
        self._desk.admission.check(submission.username)
        with Reception(self._desk, submission) as reception:
            early = EarlyAnnouncement(self._publisher, submission.content_length)

            def keep_up() -> None:
                reception.renew_if_due()
                if reception.job:
                    early.look_at(reception.job, reception.received)

            options = _receive(form, body, reception.begin, keep_up)
            job = reception.complete(options)
        job = self._desk.reuse.answered(job)
        announce(self._publisher, job)
        return job

    def _earlier(self, submission: Submission) -> Job | None:
        key = checked_key(submission.idempotency_key)
        if key is None:
            return None
        desk = self._desk
        return earlier_job(desk.jobs, submission.username, key, desk.policy, desk.clock())


def _form_of(submission: Submission, max_bytes: int) -> Form:
    query, content_type = submission.query, submission.content_type
    if submission.is_file:
        return RawFile(query, content_type, max_bytes)
    return UploadForm(boundary_of(content_type), max_bytes, url_options(query))


def _compared(job: Job, form: Form, body: Body) -> Job:
    fingerprint = Fingerprint()
    options = _receive(form, body, lambda _start, _options: fingerprint, _nothing_to_do)
    fingerprint.require_same(job, options)
    return job


def _receive(
    form: Form,
    body: Body,
    open_file: Callable[[FileStart, ConversionOptions], FileSink],
    keep_alive: Callable[[], None],
) -> ConversionOptions:
    """Read the form to its end, the file into what `open_file` returns; the options in it.

    A bad option is refused as soon as there is a file, before it is stored: of a form without one
    it is the file that is missed.
    """

    def wanted() -> int:
        # Up to the end of a chunk: it then goes into the store as it came, uncopied.
        return CHUNK_BYTES - form.file_bytes % CHUNK_BYTES

    fields: dict[str, str] = {}
    sink: FileSink | None = None
    for piece in body.pieces(keep_alive, wanted):
        for event in form.feed(piece):
            if isinstance(event, FileStart):
                sink = open_file(event, ConversionOptions.parse(fields))
            elif isinstance(event, Field):
                fields[event.name] = event.value
                if sink:
                    ConversionOptions.parse(fields)
            else:
                assert sink is not None
                sink.write(event)
        keep_alive()
    form.close()
    return ConversionOptions.parse(fields)


def _nothing_to_do() -> None:
    """No lease is to be kept."""
