"""Pages of jobs, newest first: a cursor names the last job of the page before."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from chassis.jobs import Job, is_fid
from chassis.ports import JobStore
from gateway import refusals
from gateway.tokens import User

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, and the query that leads to those after them (None at the end)."""

    jobs: list[Job]
    next_query: str | None


def page(jobs: JobStore, user: User, query: Mapping[str, str]) -> Page:
    """The page that the query (`limit`, `cursor`, `all`) asks for; raises Refusal."""
    limit = _limit(query.get("limit"))
    everybody = query.get("all", "0") not in ("", "0")
    if everybody and not user.admin:
        raise refusals.admin_only()
    before = _before(query["cursor"]) if "cursor" in query else None
    found = jobs.newest(None if everybody else user.username, limit + 1, before)
    shown = found[:limit]
    if len(found) == len(shown):
        return Page(shown, None)
    following = {"limit": str(limit), "cursor": _cursor(shown[-1])}
    return Page(shown, urlencode(following | ({"all": "1"} if everybody else {})))


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_LIMIT)):
        limit = int(text)
        if 1 <= limit <= MAX_LIMIT:
            return limit
    raise refusals.invalid_limit(MAX_LIMIT)


def _cursor(job: Job) -> str:
    milliseconds = round(job.created_at.timestamp() * 1000)
    return base64.urlsafe_b64encode(f"{milliseconds}.{job.fid}".encode()).decode().rstrip("=")


def _before(cursor: str) -> tuple[datetime, str]:
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        milliseconds, _, fid = plain.partition(".")
        created_at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (binascii.Error, ValueError, OverflowError, OSError) as error:
        raise refusals.invalid_cursor() from error
    if not is_fid(fid):
        raise refusals.invalid_cursor()
    return created_at, fid
