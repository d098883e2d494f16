"""What the page of one MP3 says while there is none, or where there is to be none."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from chassis.errors import Retryable, ServiceError
from chassis.jobs import Job, State
from gateway.presenting import retry_after, shown_state

_SLOWEST_REFRESH: Final = 60
_DOING: Final = {
    State.RECEIVING: "The video is being uploaded.",
    State.QUEUED: "It waits for its turn to be converted.",
    State.FETCHING: "The video is being fetched from its site.",
    State.CONVERTING: "The video is being converted.",
}
_WAITS_FOR_FETCH: Final = "It waits for its turn to be fetched."
_TRIED_AGAIN: Final = "It did not work yet, and is tried again."
_STATUS: Final = {
    "invalid_fid": HTTPStatus.BAD_REQUEST,
    "invalid_link": HTTPStatus.FORBIDDEN,
    "expired": HTTPStatus.GONE,
    "cancelled": HTTPStatus.GONE,
    "media_missing": HTTPStatus.GONE,
}
_TITLES: Final = {
    HTTPStatus.FORBIDDEN: "This link is not valid",
    HTTPStatus.CONFLICT: "There is no MP3",
    HTTPStatus.GONE: "The MP3 is gone",
    HTTPStatus.SERVICE_UNAVAILABLE: "Try again in a moment",
}
_NO_SUCH: Final = "No MP3 belongs to it. Look whether it was copied whole."
_REASONS: Final = {
    "invalid_fid": _NO_SUCH,
    "job_not_found": _NO_SUCH,
    "media_missing": "It is not stored any more.",
}
_NOT_VALID: Final = "This address is not valid"


@dataclass(frozen=True, slots=True)
class NotReady:
    """The page of a job that is under way; `percent` of its present step, where that is known."""

    name: str
    state: str
    doing: str
    percent: int | None
    refresh_seconds: int


@dataclass(frozen=True, slots=True)
class NotValid:
    """The page where no MP3 is to be had: its status, and why in a sentence."""

    status: HTTPStatus
    title: str
    reason: str


def not_ready(job: Job, now: datetime) -> NotReady:
    """The page of an unfinished job."""
    doing = _DOING[job.state]
    if job.state is State.QUEUED:
        doing = _WAITS_FOR_FETCH if job.needs_fetch else doing
        doing = f"{_TRIED_AGAIN} {doing}" if job.last_error else doing
    works = job.state in (State.FETCHING, State.CONVERTING)
    return NotReady(
        name=job.source.name,
        state=shown_state(job),
        doing=doing,
        percent=int(job.progress * 100) if works else None,
        refresh_seconds=min(retry_after(job, now), _SLOWEST_REFRESH),
    )


def not_valid(error: ServiceError, *, failed: bool = False) -> NotValid:
    """The page for an error; `failed`: it is the failure of the job itself."""
    if isinstance(error, Retryable):
        status = HTTPStatus.SERVICE_UNAVAILABLE
    elif failed:
        status = HTTPStatus.CONFLICT
    else:
        status = _STATUS.get(error.code, HTTPStatus.NOT_FOUND)
    return NotValid(status, _TITLES.get(status, _NOT_VALID), _REASONS.get(error.code, error.detail))
