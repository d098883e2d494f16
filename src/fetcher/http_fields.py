"""What fields of an HTTP answer say about a download: its place, its version, when to come again.

Source: RFC 9110, sections 8.8 (validators), 10.2.3 (Retry-After), 14.4 (Content-Range).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")
_STRONG_ETAG: Final = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_NUMBER: Final = re.compile(r"\d{1,19}")


@dataclass(frozen=True, slots=True)
class ContentRange:
    """Which bytes of a file an answer holds: the first, the last, and how many the file has."""

    first: int
    last: int
    total: int | None


def content_range(headers: Mapping[str, str]) -> ContentRange | None:
    """What Content-Range says; None where it is missing or senseless."""
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if found is None:
        return None
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if first > last or (total is not None and last >= total):
        return None
    return ContentRange(first, last, total)


def content_length(headers: Mapping[str, str]) -> int | None:
    """How many bytes the answer has, in bytes; None where it does not say."""
    found = _NUMBER.fullmatch(headers.get("Content-Length", "").strip())
    return int(found[0]) if found else None


def strong_validator(headers: Mapping[str, str]) -> str | None:
    """What If-Range may carry to go on with just this version; None where nothing is sure enough.

    A time counts where the answer was made at least a second later (section 8.8.2.2).
    """
    etag = headers.get("ETag", "").strip()
    if _STRONG_ETAG.fullmatch(etag):
        return etag
    modified, made = http_date(headers.get("Last-Modified")), http_date(headers.get("Date"))
    if modified and made and (made - modified).total_seconds() >= 1:
        return headers["Last-Modified"]
    return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the site wants to be asked again; None where it does not say."""
    text = headers.get("Retry-After", "").strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    then = http_date(text)
    return max(0.0, (then - now).total_seconds()) if then else None


def http_date(text: str | None) -> datetime | None:
    """The time that an HTTP date is; None where it is none."""
    if not text:
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
