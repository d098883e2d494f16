"""What a link leads to: from the cache where that is believed, else from its site."""

from collections.abc import Callable
from functools import partial
from time import monotonic

from chassis.jobs import Job, Kind
from chassis.media_cache import CachedLink
from chassis.metrics import CACHE_HITS, CACHE_MISSES, CACHE_SAVED_BYTES
from chassis.moves import Attempt
from chassis.ports import MediaStore
from chassis.result_key import result_key, scope_of
from chassis.sharing import Sharing
from chassis.sources import Link, Source
from fetcher.keeping import Keeping
from fetcher.memory import Sites
from fetcher.metrics import FETCH_SECONDS, FETCHED_BYTES
from fetcher.outcomes import Outcomes
from fetcher.ports import Bringer, Brought, Unchanged
from fetcher.storing import Storing, check_sum


class Fetching:
    """Has one attempt at a time end with the video of its job's link.

    Raises what Bringer does, Permanent where the site said that there is no video, or where another
    came than had to, Stopped, and StoreUnavailable.
    """

    def __init__(
        self,
        *,
        bringer: Bringer,
        videos: MediaStore,
        sites: Sites,
        keeping: Keeping,
        sharing: Sharing,
        outcomes: Outcomes,
    ) -> None:
        self._bringer = bringer
        self._videos = videos
        self._sites = sites
        self._keeping = keeping
        self._sharing = sharing
        self._outcomes = outcomes

    def fetch(
        self,
        job: Job,
        attempt: Attempt,
        *,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Bring the video in, unless it is there already."""
        assert job.link is not None
        known = self._sites.known(job.link)
        believed = known is not None and self._is_believed(known, job.link)
        if known and believed and self._answered(job, attempt, known, "fresh"):
            return
        if known and not self._is_of_use(known, job):
            known = None
        started = monotonic()
        with Storing(self._videos, job) as storing:
            bring = partial(
                self._ask, job.link, storing, on_progress=on_progress, should_stop=should_stop
            )
            came = bring(known)
            if known and isinstance(came, Unchanged):
                known = self._sites.renew(known)
                check_sum(job, known.sha256)
                if self._answered(job, attempt, known, "revalidated"):
                    return
                came = bring(None)  # it went from the cache while its site was asked
            assert isinstance(came, Brought), "the site was not asked whether anything changed"
            whole = storing.finish(came)
        CACHE_MISSES.inc()
        FETCH_SECONDS.observe(monotonic() - started)
        FETCHED_BYTES.inc(whole.source.size or 0)
        files = self._keeping.kept(job, attempt, whole.files)
        self._sites.remember(job.link, came, whole.source)
        self._outcomes.complete(job, attempt, whole.source, files, "fetched")

    def _ask(
        self,
        link: Link,
        storing: Storing,
        known: CachedLink | None,
        *,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Brought | Unchanged:
        with self._sites.heard(link):
            return self._bringer.bring(
                link, known, storing.open, on_progress=on_progress, should_stop=should_stop
            )

    def _is_believed(self, known: CachedLink, link: Link) -> bool:
        """Whether its site need not be asked: it was just now, or this is what has to come."""
        if link.sha256:
            return link.sha256.lower() == known.sha256
        return self._sites.is_fresh(known)

    def _is_of_use(self, known: CachedLink, job: Job) -> bool:
        """Whether there is anything to go back to if the site says that nothing has changed."""
        return self._keeping.has(known) or self._has_mp3(job, _source(known))

    def _answered(self, job: Job, attempt: Attempt, known: CachedLink, kind: str) -> bool:
        """Whether the attempt could end with what the link led to before."""
        source = _source(known)
        if self._has_mp3(job, source):
            self._outcomes.identify(job, attempt, source)
        else:
            files = self._keeping.shared(job, attempt, known)
            if files is None:
                return False
            self._outcomes.complete(job, attempt, source, files, "cached")
        CACHE_HITS.labels(kind).inc()
        CACHE_SAVED_BYTES.inc(known.size)
        return True

    def _has_mp3(self, job: Job, source: Source) -> bool:
        """Whether somebody has the MP3 that would be made for the job."""
        key = result_key(scope_of(job), source, job.options)
        return job.kind is Kind.MP3 and self._sharing.owner_of(key) is not None


def _source(known: CachedLink) -> Source:
    return Source(known.name, known.size, known.sha256, metadata=known.metadata)
