"""Links to a file itself: its answer is the download, if it is one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chassis.media_cache import CachedLink
from fetcher.failures import failure
from fetcher.http_client import Answer, HttpClient
from fetcher.http_download import HttpDownload
from fetcher.http_names import file_name
from fetcher.http_statuses import NOT_MODIFIED, OK, PERHAPS_FOR_BROWSERS, failure_of
from fetcher.limits import FetchLimits
from fetcher.media_types import SNIFFED_BYTES, Nature, recognize
from fetcher.ports import Brought, Sink, Unchanged
from fetcher.transfer import pour
from fetcher.watch import Watch

_PAGES: Final = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Page:
    """No file, but perhaps a page or a manifest that leads to one; `url` is where it is."""

    url: str


def bring_file(
    url: str,
    known: CachedLink | None,
    open_sink: Callable[[str, str], Sink],
    on_progress: Callable[[float], None],
    *,
    client: HttpClient,
    watch: Watch,
    limits: FetchLimits,
) -> Brought | Unchanged | Page:
    """Bring in the file at `url`, unless it is a page; raises as Bringer.bring, and Broken."""
    with HttpDownload(client, watch, limits, url, {}) as download:
        answer = download.first_answer(_conditions(known))
        if answer.status == NOT_MODIFIED and known:
            return Unchanged()
        if _is_page(answer):
            return Page(answer.url.url)
        if answer.status != OK:
            raise failure_of(answer.status)
        start = answer.read(SNIFFED_BYTES)
        content_type = answer.headers.get("Content-Type")
        found = recognize(start, content_type)
        if found.nature is Nature.PAGE:
            return Page(answer.url.url)
        if found.nature is Nature.OTHER:
            raise failure("no_media")
        name = file_name(answer.url.url, answer.headers.get("Content-Disposition"))
        pieces = download.chunks(answer, start)
        total = download.announced(answer)
        pour(pieces, open_sink(name, found.content_type), total, on_progress)
        return Brought(
            name,
            found.content_type,
            etag=answer.headers.get("ETag"),
            last_modified=answer.headers.get("Last-Modified"),
        )


def _conditions(known: CachedLink | None) -> dict[str, str]:
    """RFC 9110, sections 13.1.2 and 13.1.3."""
    if known is None:
        return {}
    fields = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in fields.items() if value}


def _is_page(answer: Answer) -> bool:
    """Whether the answer leads to a site that is known, or refuses a page to our client."""
    if answer.url.key != answer.url.url:
        return True
    kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    return answer.status in PERHAPS_FOR_BROWSERS and kind in _PAGES
