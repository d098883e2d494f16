"""Jobs whose source is brought in by a link: what every way to submit a link has in common."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import structlog

from chassis.jobs import Batch, Failure, Job, Kind, State, new_fid
from chassis.link_rules import LinkRules
from chassis.link_url import LinkUrl, parse_link
from chassis.media_cache import CachedLink, MediaCache
from chassis.metrics import CACHE_HITS, CACHE_SAVED_BYTES
from chassis.moves import NO_MAIL
from chassis.options import ConversionOptions
from chassis.ports import JobExists, Publisher
from chassis.result_key import key_of
from chassis.sources import Link, Source
from gateway import link_refusals
from gateway.announcing import announce
from gateway.idempotency import checked_key, earlier_job, require_same_link
from gateway.link_form import needs_pixels
from gateway.naming import clean_name
from gateway.reception import Desk
from gateway.refusals import KeyInUse

log = structlog.get_logger(__name__)

_NOTHING: Final = ConversionOptions()


@dataclass(frozen=True, slots=True)
class Sender:
    """Who submits a link; the key as its header had it."""

    username: str
    traceparent: str
    idempotency_key: str | None = None


class LinkJobs:
    """Makes jobs of links. What the cache knows of a link is believed for `fresh` without asking.

    Its methods raise StoreUnavailable.
    """

    def __init__(
        self,
        desk: Desk,
        publisher: Publisher,
        cache: MediaCache,
        rules: LinkRules,
        fresh: timedelta,
    ) -> None:
        self._desk = desk
        self._publisher = publisher
        self._cache = cache
        self._rules = rules
        self._fresh = fresh

    def video(
        self, text: str, options: ConversionOptions = _NOTHING, sha256: str | None = None
    ) -> Link:
        """The link to one video; raises InvalidUrl, also for a playlist, and UrlNotAllowed."""
        found = parse_link(text, self._rules)
        if found.is_playlist:
            raise link_refusals.is_a_playlist()
        return Link(found.url, found.key, needs_pixels(options), sha256)

    def playlist(self, text: str, options: ConversionOptions) -> Link:
        """The link to a playlist, also of a video in one; raises InvalidUrl and UrlNotAllowed."""
        found = parse_link(text, self._rules)
        # What has a key of its own is YouTube's; of other sites only the site knows what it is.
        if found.key != found.url and not found.is_playlist:
            found = self._list_around(text)
        return Link(found.url, found.key, needs_pixels(options))

    def accept(
        self, sender: Sender, link: Link, options: ConversionOptions, kind: Kind = Kind.MP3
    ) -> Job:
        """A queued job of that link, or the one that the same key made before.

        It is ready where its MP3 is there already and the link need not be asked again.
        Raises Refusal, TooManyJobs and KeyInUse.
        """
        key = checked_key(sender.idempotency_key)
        earlier = self._earlier(sender.username, key)
        if earlier is not None:
            require_same_link(earlier, link, options, kind)
            return earlier
        self.require_existing(link)
        job = self.new_job(sender, link, options, kind=kind, idempotency_key=key)
        try:
            self._desk.admission.admit(job)
        except JobExists as error:
            raise KeyInUse from error
        return self.begun(job)

    def new_job(
        self,
        sender: Sender,
        link: Link,
        options: ConversionOptions = _NOTHING,
        *,
        kind: Kind = Kind.MP3,
        idempotency_key: str | None = None,
        fid: str | None = None,
        batch: Batch | None = None,
    ) -> Job:
        """A job of that link, not stored yet."""
        now = self._desk.clock()
        mail: Mapping[str, Any] = {"mail": NO_MAIL} if kind is Kind.MEDIA else {}
        known = self.fresh(link) if kind is Kind.MP3 else None
        job = Job(
            fid=fid or new_fid(),
            username=sender.username,
            state=State.QUEUED,
            created_at=now,
            updated_at=now,
            due_at=now + self._desk.policy.announce_after(0),
            source=_source(known) if known else Source(_name_of(link)),
            kind=kind,
            link=link,
            batch=batch,
            options=options,
            idempotency_key=idempotency_key,
            traceparent=sender.traceparent,
            **mail,
        )
        return replace(job, result_key=key_of(job))

    def begun(self, job: Job) -> Job:
        """A job that is stored now: ready where its MP3 is there, else told to the fetchers."""
        structlog.contextvars.bind_contextvars(job_id=job.fid)
        log.info("a link is submitted", kind=str(job.kind))
        answered = self._desk.reuse.answered(job)
        if answered.state is State.READY and job.source.size is not None:
            CACHE_HITS.labels("fresh").inc()
            CACHE_SAVED_BYTES.inc(job.source.size)
        announce(self._publisher, answered)
        return answered

    def require_existing(self, link: Link) -> None:
        """Raise Refusal where the link's site has said that there is no such video."""
        missing = self.missing(link)
        if missing is not None:
            raise link_refusals.video_does_not_exist(missing)

    def missing(self, link: Link) -> Failure | None:
        """Why there is no such video, where the link's site has said so; None: it may be there."""
        asked = self._cache.asked(link.key)
        return asked.failure if asked else None

    def fresh(self, link: Link) -> CachedLink | None:
        """What came by that link, if its site need not be asked again, and it is what has to come.

        Its content may be gone.
        """
        known = self._cache.link(link.fetch_key)
        if known is None:
            return None
        if link.sha256 is not None:
            return known if known.sha256 == link.sha256 else None
        return known if known.checked_at + self._fresh > self._desk.clock() else None

    def _earlier(self, username: str, key: str | None) -> Job | None:
        desk = self._desk
        return earlier_job(desk.jobs, username, key, desk.policy, desk.clock()) if key else None

    def _list_around(self, text: str) -> LinkUrl:
        """The playlist that the address of a video on YouTube also names."""
        listed = parse_qs(urlsplit(text.strip()).query).get("list")
        if not listed:
            raise link_refusals.is_no_playlist()
        address = f"https://www.youtube.com/playlist?{urlencode({'list': listed[0]})}"
        return parse_link(address, self._rules)


def _source(known: CachedLink) -> Source:
    return Source(known.name, known.size, known.sha256, metadata=known.metadata)


def _name_of(link: Link) -> str:
    """What to call a video until its site has said it: the end of its address."""
    parts = urlsplit(link.url)
    end = unquote(parts.path.rpartition("/")[2])
    if parts.query and "." not in end:
        end = f"{end}?{parts.query}"
    return clean_name(end or parts.netloc)
