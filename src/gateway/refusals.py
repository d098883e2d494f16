"""Every way in which the gateway itself says no: a stable code and a sentence for the user.

`gateway.problems` says which HTTP status each becomes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import Permanent, Retryable, ServiceError
from chassis.jobs import Failure, Kind


@dataclass(frozen=True, slots=True)
class RefusedLink:
    """A link of a batch that cannot be accepted, as it was sent."""

    url: str
    error: ServiceError


class Refusal(Permanent):
    """A request that cannot be served as it is."""


class BrokenOff(Refusal):
    """The body of a request ended before its end."""


class JobFailed(Refusal):
    """There is no MP3 because the job failed; code and detail are the job's own."""


class JobGone(Refusal):
    """There is no MP3 any more: the job was cancelled, or its time is over."""


class FetchFailed(Refusal):
    """A file could not be fetched by its link; code and detail are the job's own."""


class NothingAccepted(Refusal):
    """No link of a batch can be accepted; `refused` says why, for each."""

    def __init__(self, refused: Sequence["RefusedLink"]) -> None:
        super().__init__(
            "nothing_accepted", "None of these links can be accepted: `refused` says why."
        )
        self.refused = refused


class TokenRequired(Permanent):
    """The request carries no token."""

    def __init__(self) -> None:
        super().__init__("token_required", "Send a token: Authorization: Bearer TOKEN.")


class TooManyJobs(Retryable):
    """The user has to wait until other jobs are finished."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "too_many_jobs",
            f"You may have {limit} unfinished jobs at a time: wait until some are finished.",
        )


class KeyInUse(Retryable):
    """The first request with an idempotency key is still under way."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency_key_in_use", "The first upload with this Idempotency-Key is under way."
        )


class TakenOver(Retryable):
    """Our process was silent for so long that its upload was given up."""

    def __init__(self) -> None:
        super().__init__(
            "upload_interrupted", "The upload was interrupted on our side: send it again."
        )


class NotReceivedYet(Retryable):
    """The video of a job still arrives."""

    def __init__(self) -> None:
        super().__init__(
            "not_received_yet",
            "The video of this job is still arriving: ask again when its upload is complete.",
        )


class MadeRoom(Retryable):
    """The cache let go of a file as soon as it was there."""

    def __init__(self) -> None:
        super().__init__(
            "not_kept", "The file was fetched, and had to make room for others: ask again."
        )


class KeysUnavailable(Retryable):
    """No public key of auth is known yet: no token can be checked."""

    def __init__(self) -> None:
        super().__init__("keys_unavailable", "Tokens cannot be checked at the moment.")


class AuthUnavailable(Retryable):
    """auth did not answer."""

    def __init__(self) -> None:
        super().__init__("auth_unavailable", "The account service cannot be reached.")


def file_required() -> Refusal:
    """No part of the form is a file."""
    return Refusal("file_required", "Send one file, as a part of the form that has a file name.")


def one_file() -> Refusal:
    """A second file came."""
    return Refusal("one_file", "Send exactly one file with each request.")


def empty_file() -> Refusal:
    """The file has no byte."""
    return Refusal("empty", "The file is empty.")


def too_large(limit: int) -> Refusal:
    """More bytes than are accepted."""
    return Refusal("too_large", f"That is too large: at most {limit} bytes are accepted.")


def not_multipart() -> Refusal:
    """The body is something else than a form with files."""
    return Refusal(
        "not_multipart",
        "Send the file as multipart/form-data, or as the whole body by PUT /upload?name=NAME.",
    )


def form_by_put() -> Refusal:
    """A form came where the file itself is the body."""
    return Refusal("form_by_put", "PUT takes the file itself as the body: send a form by POST.")


def malformed_multipart(detail: str) -> Refusal:
    """The body is not the form that it claims to be."""
    return Refusal("malformed_multipart", f"The multipart/form-data body is malformed: {detail}.")


def malformed_body() -> Refusal:
    """The transfer coding of the body is broken."""
    return Refusal("malformed_body", "The chunks of the request's body are malformed.")


def body_incomplete() -> BrokenOff:
    """The client went away, or sent less than it had announced."""
    return BrokenOff("body_incomplete", "The body ended before its last byte.")


def body_stalled() -> BrokenOff:
    """The client sent nothing for too long."""
    return BrokenOff("body_stalled", "No byte of the body came for too long.")


def body_too_slow() -> BrokenOff:
    """The client sends less than the least rate."""
    return BrokenOff("upload_too_slow", "The body came too slowly: at such a rate it never ends.")


def repeated_field(name: str) -> Refusal:
    """A field of the form, or a parameter of the URL, came twice."""
    return Refusal("invalid_option", f"The field {name!r} was sent twice.")


def long_field(name: str) -> Refusal:
    """A field of the form, or a parameter of the URL, is longer than any option."""
    return Refusal("invalid_option", f"The field {name!r} is too long.")


def invalid_idempotency_key() -> Refusal:
    """The header is not a key."""
    return Refusal(
        "invalid_idempotency_key",
        "Idempotency-Key is 1 to 255 visible ASCII characters.",
    )


def key_reused() -> Refusal:
    """A key came again with something else."""
    return Refusal(
        "idempotency_key_reused",
        "This Idempotency-Key was used for another file or link, or other options.",
    )


def source_gone() -> Refusal:
    """The video of a job was let go."""
    return Refusal(
        "source_gone",
        "The video of this job is not stored any more: upload it again with these options.",
    )


def malformed_json() -> Refusal:
    """The body claims to be JSON."""
    return Refusal("malformed_json", "The body has to be one JSON object.")


def malformed_form() -> Refusal:
    """The body claims to be the fields of a form."""
    return Refusal("malformed_form", "The body is no urlencoded form, or has too many fields.")


def unsupported_options() -> Refusal:
    """Options in another form than those that are read."""
    return Refusal(
        "unsupported_options",
        "Send JSON with Content-Type: application/json, fields of a form, or parameters of the"
        " URL.",
    )


def file_to_convert() -> Refusal:
    """A file came where one is to be converted that is stored already."""
    return Refusal(
        "file_to_convert", "The video is here already: send options alone, or POST /upload."
    )


def makes_no_mp3(kind: Kind) -> Refusal:
    """An MP3 was asked for of a job that is to make none."""
    where = "GET /media gives it" if kind is Kind.MEDIA else "its batch has a job for each video"
    return Refusal("makes_no_mp3", f"This job makes no MP3 of its own: {where}.")


def invalid_fid() -> Refusal:
    """What should be a job's id is none."""
    return Refusal("invalid_fid", "That is not the id of a job: ids are UUIDs.")


def job_not_found() -> Refusal:
    """There is no such job, or it is another user's."""
    return Refusal("job_not_found", "There is no such job.")


def no_such_chapter(count: int) -> Refusal:
    """A chapter was asked for that the MP3 was not split into."""
    split = f"it was split into {count}" if count else "it was not split by chapters"
    return Refusal("no_such_chapter", f"There is no such chapter of this MP3: {split}.")


def invalid_limit(largest: int) -> Refusal:
    """`limit` is not a number in its range."""
    return Refusal("invalid_limit", f"limit is a number from 1 to {largest}.")


def invalid_cursor() -> Refusal:
    """`cursor` is not one of ours."""
    return Refusal("invalid_cursor", "That cursor is not valid: use the `next` URL as it was sent.")


def admin_only() -> Refusal:
    """A user asked for what only an admin may see."""
    return Refusal("admin_only", "Only an admin may see the jobs of all users.")


def cancelled() -> JobGone:
    """The owner cancelled the job meanwhile."""
    return JobGone("cancelled", "The job was cancelled.")


def no_mp3(failure: Failure | None, *, failed: bool) -> JobFailed | JobGone:
    """Why a finished job has no MP3 to download."""
    code, detail = (failure.code, failure.detail) if failure else ("gone", "There is no MP3.")
    return JobFailed(code, detail) if failed else JobGone(code, detail)
