"""Another MP3 of a video that is stored: a job of its own that shares the source of an earlier one.

A source is deleted by whoever takes the last reference away: he first takes his own away, then asks
whether any is left, then deletes. So the new job names the source first (as `receiving`, under a
lease, so that no converter takes it up), and then looks whether the earlier one still names it: if
so, every deleter that asks from now on finds the new one. If not, the source may be gone.

What came by a link needs no stored source: where there is none, or where it lacks what the options
need, the link is submitted anew.
"""

from dataclasses import replace
from functools import partial

import structlog

from chassis import moves
from chassis.jobs import Job, Kind, Lease, State, new_fid
from chassis.options import ConversionOptions
from chassis.ports import JobExists, Publisher
from chassis.references import delete_unnamed, named_videos
from chassis.result_key import result_key, scope_of
from chassis.sharing_moves import adopting_if_offered
from chassis.sources import Link, Source
from gateway import refusals
from gateway.announcing import announce
from gateway.idempotency import checked_key, earlier_job, require_same
from gateway.link_form import needs_pixels
from gateway.link_jobs import LinkJobs, Sender
from gateway.reception import Desk
from gateway.refusals import KeyInUse, NotReceivedYet, TakenOver

log = structlog.get_logger(__name__)


class Reconversion:
    """Makes jobs of the sources that earlier jobs have."""

    def __init__(self, desk: Desk, publisher: Publisher, links: LinkJobs) -> None:
        self._desk = desk
        self._publisher = publisher
        self._links = links

    def accept(
        self,
        first: Job,
        options: ConversionOptions,
        *,
        idempotency_key: str | None,
        traceparent: str,
    ) -> Job:
        """A queued job of the source of `first`, or the one that the same key made before.

        It belongs to the user to whom `first` belongs, whoever asks, and is ready where the same
        was converted before. Raises Refusal, NotReceivedYet, TooManyJobs or KeyInUse.
        """
        if first.kind is Kind.PLAYLIST:
            raise refusals.makes_no_mp3(first.kind)
        key = checked_key(idempotency_key)
        earlier = self._earlier(first.username, key)
        if earlier is not None:
            _require_same(earlier, first, options)
            return earlier
        if first.link and not _suffices(first, first.link, options):
            return self._brought_in_again(first, first.link, options, key, traceparent)
        if not first.has_source:
            raise NotReceivedYet if first.unfinished else refusals.source_gone()
        job = self._registered(first, options, key, traceparent)
        if not self._is_still_named(first):
            self._withdraw(job)
            if first.link:
                return self._brought_in_again(first, first.link, options, key, traceparent)
            raise refusals.source_gone()
        waiting = self._queued(job, first.source)
        log.info("a stored video is to be converted again", of_job_id=first.fid, job_id=job.fid)
        answered = self._desk.reuse.answered(waiting)
        announce(self._publisher, answered)
        return answered

    def _brought_in_again(
        self,
        first: Job,
        link: Link,
        options: ConversionOptions,
        key: str | None,
        traceparent: str,
    ) -> Job:
        sender = Sender(first.username, traceparent, key)
        return self._links.accept(sender, _link_for(link, options), options)

    def _earlier(self, username: str, key: str | None) -> Job | None:
        desk = self._desk
        return earlier_job(desk.jobs, username, key, desk.policy, desk.clock()) if key else None

    def _registered(
        self, first: Job, options: ConversionOptions, key: str | None, traceparent: str
    ) -> Job:
        desk, now = self._desk, self._desk.clock()
        until = now + desk.policy.lease
        job = Job(
            fid=new_fid(),
            username=first.username,
            state=State.RECEIVING,
            created_at=now,
            updated_at=now,
            due_at=until,
            source=Source(first.source.name, metadata=first.source.metadata),
            link=first.link,
            options=options,
            lease=Lease(desk.holder, until),
            video_fid=first.video_fid,
            picture_fid=first.picture_fid,
            idempotency_key=key,
            traceparent=traceparent,
        )
        try:
            desk.admission.admit(job)
        except JobExists as error:
            raise KeyInUse from error
        return job

    def _is_still_named(self, first: Job) -> bool:
        found = self._desk.jobs.get(first.fid)
        return found is not None and named_videos(found) == named_videos(first)

    def _withdraw(self, job: Job) -> None:
        """As if it had never been; who changed it meanwhile also deletes what it named."""
        desk = self._desk
        if desk.jobs.remove(job):
            delete_unnamed(desk.jobs, desk.videos, named_videos(job))

    def _queued(self, job: Job, source: Source) -> Job:
        assert source.size is not None
        assert source.sha256 is not None
        desk, now = self._desk, self._desk.clock()
        owner = desk.reuse.owner_of(result_key(scope_of(job), source, job.options))
        stored = partial(
            moves.stored,
            holder=desk.holder,
            size=source.size,
            sha256=source.sha256,
            policy=desk.policy,
            now=now,
        )

        def stored_and_adopting(job: Job) -> Job | None:
            whole = stored(job)
            return adopting_if_offered(whole, owner, desk.policy, now) if whole else None

        moved = desk.jobs.update(job.fid, stored_and_adopting) or desk.jobs.get(job.fid)
        if moved is None or moved.state is State.CANCELLED:
            raise refusals.cancelled()
        if moved.source.sha256 is None:
            raise TakenOver
        return moved


def _require_same(earlier: Job, first: Job, options: ConversionOptions) -> None:
    """Raise Refusal unless the earlier job was made of the same video and these options."""
    if first.link is None:
        require_same(earlier, first.source.sha256, options)
    elif not earlier.link or (earlier.link.key, earlier.options) != (first.link.key, options):
        raise refusals.key_reused()


def _suffices(first: Job, link: Link, options: ConversionOptions) -> bool:
    """Whether what is stored of a job by link has all that the options need.

    A job that shares another's source lacks its picture.
    """
    metadata = first.source.metadata
    pictured = metadata is not None and metadata.picture_sha256 is not None
    whole = first.has_source and (first.picture_fid is not None or not pictured)
    return whole and (link.pixels or not needs_pixels(options))


def _link_for(link: Link, options: ConversionOptions) -> Link:
    """The link as these options need it; another fetch of it has a checksum of its own."""
    pixels = needs_pixels(options)
    return link if pixels == link.pixels else replace(link, pixels=pixels, sha256=None)
