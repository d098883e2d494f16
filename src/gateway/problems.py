"""The one table that says which HTTP answer each error becomes (RFC 9457)."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from chassis.errors import Retryable, ServiceError
from chassis.problems import Problem
from gateway.refusals import FetchFailed, JobFailed, JobGone, NothingAccepted, RefusedLink

REALM: Final = 'Bearer realm="video-to-mp3"'
RETRY_SECONDS: Final = 5

STATUS_BY_CLASS: Final[tuple[tuple[type[ServiceError], HTTPStatus], ...]] = (
    (JobFailed, HTTPStatus.CONFLICT),
    (JobGone, HTTPStatus.GONE),
)

STATUS_BY_CODE: Final[dict[str, HTTPStatus]] = {
    "file_required": HTTPStatus.BAD_REQUEST,
    "one_file": HTTPStatus.BAD_REQUEST,
    "empty": HTTPStatus.BAD_REQUEST,
    "malformed_multipart": HTTPStatus.BAD_REQUEST,
    "malformed_body": HTTPStatus.BAD_REQUEST,
    "body_incomplete": HTTPStatus.BAD_REQUEST,
    "invalid_option": HTTPStatus.BAD_REQUEST,
    "invalid_idempotency_key": HTTPStatus.BAD_REQUEST,
    "malformed_json": HTTPStatus.BAD_REQUEST,
    "malformed_form": HTTPStatus.BAD_REQUEST,
    "file_to_convert": HTTPStatus.BAD_REQUEST,
    "invalid_fid": HTTPStatus.BAD_REQUEST,
    "invalid_limit": HTTPStatus.BAD_REQUEST,
    "invalid_cursor": HTTPStatus.BAD_REQUEST,
    "invalid_url": HTTPStatus.BAD_REQUEST,
    "link_required": HTTPStatus.BAD_REQUEST,
    "video_does_not_exist": HTTPStatus.BAD_REQUEST,
    "invalid_checksum": HTTPStatus.BAD_REQUEST,
    "nothing_accepted": HTTPStatus.BAD_REQUEST,
    "invalid_batch_id": HTTPStatus.BAD_REQUEST,
    "token_required": HTTPStatus.UNAUTHORIZED,
    "invalid_token": HTTPStatus.UNAUTHORIZED,
    "invalid_link": HTTPStatus.FORBIDDEN,
    "admin_only": HTTPStatus.FORBIDDEN,
    "job_not_found": HTTPStatus.NOT_FOUND,
    "no_such_chapter": HTTPStatus.NOT_FOUND,
    "batch_not_found": HTTPStatus.NOT_FOUND,
    "body_stalled": HTTPStatus.REQUEST_TIMEOUT,
    "upload_too_slow": HTTPStatus.REQUEST_TIMEOUT,
    "idempotency_key_in_use": HTTPStatus.CONFLICT,
    "not_received_yet": HTTPStatus.CONFLICT,
    "source_gone": HTTPStatus.CONFLICT,
    "makes_no_mp3": HTTPStatus.CONFLICT,
    "media_missing": HTTPStatus.GONE,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too_many_entries": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "not_multipart": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "unsupported_options": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "form_by_put": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "url_not_allowed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_many_jobs": HTTPStatus.TOO_MANY_REQUESTS,
    "upload_interrupted": HTTPStatus.SERVICE_UNAVAILABLE,
    "keys_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "auth_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "store_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "not_kept": HTTPStatus.SERVICE_UNAVAILABLE,
}

STATUS_OF_FETCH: Final[dict[str, HTTPStatus]] = {
    "login_required": HTTPStatus.FORBIDDEN,
    "geo_restricted": HTTPStatus.FORBIDDEN,
    "drm_protected": HTTPStatus.FORBIDDEN,
    "video_unavailable": HTTPStatus.NOT_FOUND,
    "no_media": HTTPStatus.NOT_FOUND,
    "unknown_host": HTTPStatus.NOT_FOUND,
    "checksum_mismatch": HTTPStatus.CONFLICT,
    "url_not_allowed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "live_stream": HTTPStatus.UNPROCESSABLE_ENTITY,
    "playlist": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_large": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unsupported_stream": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_slow": HTTPStatus.GATEWAY_TIMEOUT,
}
"""What a fetch that failed is answered with; whatever is not here: 502, its site is at fault."""

_MESSAGE_CODES: Final[dict[str, str]] = {
    "link_required": "INVALID_URL",
    "video_does_not_exist": "VIDEO_DONT_EXISTS",
}


def problem_of(error: ServiceError) -> Problem:
    """How `error` is answered; raises LookupError for one that no request can cause."""
    if isinstance(error, FetchFailed):
        status = STATUS_OF_FETCH.get(error.code, HTTPStatus.BAD_GATEWAY)
        return Problem(status, error.code, error.detail)
    by_class = (status for kind, status in STATUS_BY_CLASS if isinstance(error, kind))
    status = next(by_class, None) or STATUS_BY_CODE[error.code]
    further: dict[str, Any] = {}
    if isinstance(error, NothingAccepted):
        further["refused"] = refused_links(error.refused)
    return Problem(status, error.code, error.detail, _headers(error), further)


def message_code(code: str) -> str:
    """The word of the older system for an error with that code; capitals where it had none."""
    return _MESSAGE_CODES.get(code, code.upper())


def refused_links(refused: Sequence[RefusedLink]) -> list[dict[str, str]]:
    """Links that cannot be accepted, each with why."""
    return [
        {
            "video_url": link.url,
            "code": link.error.code,
            "detail": link.error.detail,
            "message_code": message_code(link.error.code),
        }
        for link in refused
    ]


def problem_of_status(status: HTTPStatus, detail: str | None = None) -> Problem:
    """An error that HTTP itself names: no such page, no such method, a bug of ours."""
    code = status.phrase.lower().replace(" ", "_").replace("-", "_")
    return Problem(status, code, detail or f"{status.description or status.phrase}.")


def _headers(error: ServiceError) -> dict[str, str]:
    if error.code == "token_required":
        return {"WWW-Authenticate": REALM}
    if error.code == "invalid_token":
        described = f'error="invalid_token", error_description="{error.detail}"'
        return {"WWW-Authenticate": f"{REALM}, {described}"}
    if isinstance(error, Retryable):
        return {"Retry-After": str(RETRY_SECONDS)}
    return {}
