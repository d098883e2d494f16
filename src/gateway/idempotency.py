"""The same submission sent again: Idempotency-Key leads to the job of the first time.

Source: draft-ietf-httpapi-idempotency-key-header. A key belongs to its user. It stands in the job,
so it is known as long as the job is.
"""

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from chassis.jobs import Job, Kind, Policy, State
from chassis.moves import INTERRUPTED, interrupted
from chassis.options import ConversionOptions
from chassis.ports import JobStore
from chassis.sources import Link
from gateway import refusals
from gateway.refusals import KeyInUse

_KEY: Final = re.compile(r"[!-~]{1,255}")


def checked_key(header: str | None) -> str | None:
    """The key in an Idempotency-Key header; raises Refusal if it cannot be one."""
    if header is not None and not _KEY.fullmatch(header):
        raise refusals.invalid_idempotency_key()
    return header


def earlier_job(
    jobs: JobStore, username: str, key: str, policy: Policy, now: datetime
) -> Job | None:
    """The job that this key made before; raises KeyInUse while its upload is under way.

    None when the key is free, also after an upload that broke off: its job lets go of the key.
    """
    job = jobs.find_by_key(username, key)
    if job is None or not _broke_off(job):
        return job
    if job.state is State.RECEIVING:
        if not job.lease_is_stale(now):
            raise KeyInUse
        jobs.update(job.fid, lambda found: interrupted(found, now, policy))
    jobs.update(job.fid, _without_key)
    return None


def _broke_off(job: Job) -> bool:
    """Whether its source is not whole, and is not to come by a link either."""
    if job.link is not None:
        return job.state is State.RECEIVING or job.failure == INTERRUPTED
    return job.source.sha256 is None


def _without_key(job: Job) -> Job | None:
    if job.state is State.RECEIVING or not _broke_off(job):
        return None
    return replace(job, idempotency_key=None)


class Fingerprint:
    """Takes the bytes of a file that is not to be stored, to compare it with one that is."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(data)

    def require_same(self, job: Job, options: ConversionOptions) -> None:
        """Raise Refusal unless the job was made of these bytes and options."""
        require_same(job, self._sha256.hexdigest(), options)


def require_same(job: Job, sha256: str | None, options: ConversionOptions) -> None:
    """Raise Refusal unless the job was made of an upload with that hash (hex) and these options."""
    if job.link is not None or (sha256, options) != (job.source.sha256, job.options):
        raise refusals.key_reused()


def require_same_link(job: Job, link: Link, options: ConversionOptions, kind: Kind) -> None:
    """Raise Refusal unless the job was made of that link and these options, for the same."""
    made_of = (job.link.key, job.link.sha256) if job.link and not job.batch else None
    if (made_of, job.options, job.kind) != ((link.key, link.sha256), options, kind):
        raise refusals.key_reused()
