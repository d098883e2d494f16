"""Several links at once: a job for each, under one batch id.

A batch of links has no document of its own: its jobs are the batch. Its first job carries the
Idempotency-Key, and the fids of all are made of the batch's id, what was asked, and their place. So
a repetition finds the batch by its key, sees whether the same is asked, and makes what is missing.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.errors import InvalidUrl, UrlNotAllowed
from chassis.jobs import Batch, Job, Kind, State, is_fid, new_fid
from chassis.options import ConversionOptions
from chassis.ports import JobExists, JobStore
from gateway import link_refusals, refusals
from gateway.admission import Admission
from gateway.idempotency import checked_key
from gateway.link_jobs import LinkJobs, Sender
from gateway.refusals import KeyInUse, NothingAccepted, Refusal, RefusedLink
from gateway.removal import Removal
from gateway.tokens import User


@dataclass(frozen=True, slots=True)
class AcceptedBatch:
    """The jobs of a batch in the order of their links, and the links that cannot be accepted."""

    batch_id: str
    jobs: list[Job]
    refused: list[RefusedLink]


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch as it is now; `playlist` is the job that lists it, where it is one."""

    batch_id: str
    playlist: Job | None
    jobs: list[Job]

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be done for it."""
        return not any(job.unfinished for job in self.all_jobs)

    @property
    def all_jobs(self) -> list[Job]:
        """Its jobs, that which lists it first."""
        return [self.playlist, *self.jobs] if self.playlist else self.jobs

    def counts(self) -> dict[State, int]:
        """How many of its videos are in each state."""
        counted = Counter(job.state for job in self.jobs)
        return {state: counted[state] for state in State if counted[state]}


class Batches:
    """Takes batches in, shows them and ends them."""

    def __init__(
        self, jobs: JobStore, links: LinkJobs, admission: Admission, removal: Removal
    ) -> None:
        self._jobs = jobs
        self._links = links
        self._admission = admission
        self._removal = removal

    def accept(
        self, sender: Sender, urls: Sequence[str], options: ConversionOptions
    ) -> AcceptedBatch:
        """A job for each link that can be accepted, or those that the same key made before.

        Raises NothingAccepted, TooManyJobs for all of them together, KeyInUse and Refusal.
        """
        key = checked_key(sender.idempotency_key)
        first = self._jobs.find_by_key(sender.username, key) if key else None
        batch_id = _batch_id_of(first) if first else new_fid()
        fids = entry_fids(batch_id, urls, options)
        if first is not None and first.fid not in fids:
            raise refusals.key_reused()
        there = {job.fid: job for job in self._jobs.in_batch(batch_id)} if first else {}
        made: list[Job] = []
        refused: list[RefusedLink] = []
        for position, (url, fid) in enumerate(zip(urls, fids, strict=True)):
            if fid in there:
                continue
            try:
                link = self._links.video(url, options)
                self._links.require_existing(link)
            except (InvalidUrl, UrlNotAllowed, Refusal) as error:
                refused.append(RefusedLink(url, error))
                continue
            job = self._links.new_job(
                sender,
                link,
                options,
                idempotency_key=None if first or made else key,
                fid=fid,
                batch=Batch(batch_id, position),
            )
            made.append(job)
        if not there and not made:
            raise NothingAccepted(refused)
        try:
            self._admission.admit_all(made)
        except JobExists as error:
            raise KeyInUse from error
        there |= {job.fid: self._links.begun(job) for job in made}
        return AcceptedBatch(batch_id, [there[fid] for fid in fids if fid in there], refused)

    def view(self, batch_id: str, user: User) -> BatchView:
        """The user's batch with that id, an admin's whose ever it is; raises Refusal."""
        if not is_fid(batch_id):
            raise link_refusals.invalid_batch_id()
        batch_id = batch_id.lower()
        listing = self._jobs.get(batch_id)
        playlist = listing if listing and listing.kind is Kind.PLAYLIST else None
        view = BatchView(batch_id, playlist, self._jobs.in_batch(batch_id))
        owners = {job.username for job in view.all_jobs}
        if not owners or not (user.admin or owners == {user.username}):
            raise link_refusals.batch_not_found()
        return view

    def remove(self, view: BatchView) -> None:
        """Cancel what is unfinished and delete what is finished, as for each job alone."""
        if view.playlist:
            self._remove([view.playlist])
        # Read again: a playlist that is being listed had grown until then.
        self._remove(self._jobs.in_batch(view.batch_id))

    def _remove(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            try:
                self._removal.remove(job)
            except Refusal:
                continue  # somebody else has just done that


def entry_fids(batch_id: str, urls: Sequence[str], options: ConversionOptions) -> list[str]:
    """The fids of a batch's jobs: nobody guesses them who does not know the batch's id.

    They are random UUIDs in their form (version 4), and always the same for the same batch.
    """
    asked = json.dumps([batch_id, list(urls), options.to_document()], sort_keys=True)
    seed = hashlib.sha256(asked.encode()).digest()
    digests = (hashlib.sha256(seed + place.to_bytes(4)).digest() for place in range(len(urls)))
    return [str(UUID(bytes=digest[:16], version=4)) for digest in digests]


def _batch_id_of(first: Job) -> str:
    """The batch that an idempotency key made; raises Refusal where it made something else."""
    if first.batch is None:
        raise refusals.key_reused()
    return first.batch.batch_id
