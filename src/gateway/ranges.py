"""Which part of a stored file a request asks for, if any: conditions and ranges of HTTP.

Source: RFC 9110, sections 13 (conditional requests, in the order of 13.2.2) and 14 (ranges).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from werkzeug.http import parse_date, parse_etags, parse_if_range_header, parse_range_header

FIELDS: Final = (
    "If-Match",
    "If-Unmodified-Since",
    "If-None-Match",
    "If-Modified-Since",
    "If-Range",
    "Range",
)
"""The header fields that decide."""


@dataclass(frozen=True, slots=True)
class Representation:
    """A file: size in bytes, its strong entity tag (without quotes), when it was made (UTC)."""

    size: int
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """What to answer: 200 or 206 with the bytes from `start` to `stop`, or 304, 412, 416."""

    status: HTTPStatus
    start: int = 0
    stop: int = 0


def select(method: str, headers: Mapping[str, str], file: Representation) -> Selection:
    """The answer to GET or HEAD with these header fields (named as in FIELDS)."""
    if not _preconditions_hold(headers, file):
        return Selection(HTTPStatus.PRECONDITION_FAILED)
    if _is_current(headers, file):
        return Selection(HTTPStatus.NOT_MODIFIED)
    if method == "GET" and "Range" in headers and _range_applies(headers, file):
        return _part(headers["Range"], file.size)
    return Selection(HTTPStatus.OK, 0, file.size)


def _preconditions_hold(headers: Mapping[str, str], file: Representation) -> bool:
    if "If-Match" in headers:
        return parse_etags(headers["If-Match"]).contains(file.etag)
    limit = parse_date(headers.get("If-Unmodified-Since"))
    return limit is None or _seconds(file.modified) <= limit


def _is_current(headers: Mapping[str, str], file: Representation) -> bool:
    if "If-None-Match" in headers:
        return parse_etags(headers["If-None-Match"]).contains_weak(file.etag)
    known = parse_date(headers.get("If-Modified-Since"))
    return known is not None and _seconds(file.modified) <= known


def _range_applies(headers: Mapping[str, str], file: Representation) -> bool:
    """Whether the file is still the one that If-Range names."""
    if "If-Range" not in headers:
        return True
    value = headers["If-Range"]
    wanted = parse_if_range_header(value)
    if wanted.date is not None:
        return wanted.date == _seconds(file.modified)
    return wanted.etag == file.etag and not value.startswith("W/")


def _part(header: str, size: int) -> Selection:
    """One range exactly; what is malformed, of another unit or of several parts: the whole."""
    whole = Selection(HTTPStatus.OK, 0, size)
    try:
        wanted = parse_range_header(header)
    except ValueError:
        return whole
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return whole
    start, stop = wanted.ranges[0]
    if start < 0:
        start, stop = max(0, size + start), size
    if start >= size:
        return Selection(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    return Selection(HTTPStatus.PARTIAL_CONTENT, start, min(stop or size, size))


def _seconds(time: datetime) -> datetime:
    return time.replace(microsecond=0)
