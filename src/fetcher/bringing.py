"""Bringing in what a link leads to: the file itself, or the video that a page has."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from chassis.errors import Permanent, Retryable, ServiceError, StoreUnavailable
from chassis.link_rules import LinkRules
from chassis.link_url import parse_link
from chassis.media_cache import CachedLink
from chassis.sources import Link
from fetcher.direct import Page, bring_file
from fetcher.extracted import Means, bring_extracted
from fetcher.failures import failure
from fetcher.guard.server import Guard
from fetcher.guard.session import Session
from fetcher.http_client import Broken, HttpClient
from fetcher.limits import FetchLimits
from fetcher.ports import Brought, Playlist, Sink, Unchanged
from fetcher.scratch import scratch_folder
from fetcher.watch import Watch
from fetcher.ytdlp_entries import playlist_of
from fetcher.ytdlp_program import Program
from fetcher.ytdlp_runs import YtDlp


@dataclass(frozen=True, slots=True)
class LinkBringer:
    """See fetcher.ports.Bringer; may be used by several threads at once."""

    guard: Guard
    rules: LinkRules
    limits: FetchLimits
    program: Program

    def bring(
        self,
        link: Link,
        known: CachedLink | None,
        open_sink: Callable[[str, str], Sink],
        *,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Brought | Unchanged:
        """See Bringer."""
        url = parse_link(link.url, self.rules)
        page = url.url
        with self._fetch(should_stop) as means:
            # What has a version came by an extractor: our own client would only be told the page.
            if url.key == url.url and not (known and known.version):
                brought = bring_file(
                    url.url,
                    known,
                    open_sink,
                    on_progress,
                    client=means.client,
                    watch=means.watch,
                    limits=self.limits,
                )
                if not isinstance(brought, Page):
                    return brought
                page = brought.url
            return bring_extracted(page, known, open_sink, on_progress, means, pixels=link.pixels)

    def entries(self, url: str, limit: int, *, should_stop: Callable[[], bool]) -> Playlist:
        """See Bringer."""
        address = parse_link(url, self.rules).url
        with self._fetch(should_stop) as means:
            return playlist_of(means.yt_dlp.listing(address, limit), address, limit)

    @contextmanager
    def _fetch(self, should_stop: Callable[[], bool]) -> Iterator[Means]:
        """A session of the guard, a watch and a scratch folder, which end with the fetch."""
        limits = self.limits
        with (
            scratch_folder() as folder,
            self.guard.session() as session,
            Watch(limits, lambda: session.bytes_received, should_stop) as watch,
            watch.cutting(session.end),
            closing(HttpClient(session, self.rules, watch, limits.stall_seconds)) as client,
        ):
            yt_dlp = YtDlp(self.program, session, watch, limits, folder)
            try:
                yield Means(client, yt_dlp, watch, limits)
            except StoreUnavailable:
                raise
            except (Permanent, Retryable, Broken) as error:
                watch.check()
                raise _reason(error, session) from error


def _reason(error: ServiceError | Broken, session: Session) -> ServiceError:
    """Why the fetch failed: what the guard has refused says more than who was refused."""
    if session.refusals:
        return failure("url_not_allowed")
    if isinstance(error, ServiceError) and error.code != "site_unavailable":
        return error
    if session.unknown_hosts:
        return failure("unknown_host")
    return error if isinstance(error, ServiceError) else failure("site_unavailable")
