"""The invariant: what was promised is there, once, and nothing else is.

As Jepsen's set checker does: what clients were told is compared with all that is stored, once the
system is quiet. `judge` is pure; tests.faults.recovery takes the snapshot.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

INTERRUPTED = "upload_interrupted"


@dataclass(frozen=True)
class Promise:
    """An upload that was answered with 202.

    It becomes an MP3 of `seconds`, or, where `code` is given, fails for that reason. Its mail comes
    once; more `copies` only where a mail server died after it had taken the mail.
    """

    fid: str
    seconds: float = 0.0
    code: str | None = None
    copies: int = 1


@dataclass(frozen=True)
class Snapshot:
    """All that is stored: jobs as documents by their fid, the ids of files and of files that chunks
    belong to, by store; the files that the cache of links names, by content; the Message-IDs of all
    mails that arrived; what is wrong with downloads.
    """

    jobs: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, Sequence[str]]
    chunks: Mapping[str, Sequence[str]]
    cached: Mapping[str, str] = field(default_factory=dict)
    message_ids: Sequence[str] = ()
    bad_downloads: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What is wrong, a sentence for each."""

    lost: list[str]
    duplicated: list[str]
    orphaned: list[str]

    @property
    def holds(self) -> bool:
        return not (self.lost or self.duplicated or self.orphaned)

    def __str__(self) -> str:
        kinds = {"lost": self.lost, "duplicated": self.duplicated, "orphaned": self.orphaned}
        counts = ", ".join(f"{kind} {len(found)}" for kind, found in kinds.items())
        return "\n  ".join([counts, *(line for found in kinds.values() for line in found)])


def judge(promises: Sequence[Promise], snapshot: Snapshot) -> Verdict:
    """Compare what was promised with what is there."""
    return Verdict(
        lost=list(_lost(promises, snapshot)),
        duplicated=list(_duplicated(promises, snapshot)),
        orphaned=orphans(snapshot),
    )


def orphans(snapshot: Snapshot) -> list[str]:
    """Files and chunks that neither a job nor the cache refers to."""
    named = {
        "videos": {
            *(job[name] for job in snapshot.jobs.values() for name in ("video_fid", "picture_fid")),
            *snapshot.cached.values(),
        },
        "mp3s": {
            job[name] for job in snapshot.jobs.values() for name in ("mp3_fid", "writing_fid")
        },
    }
    return [
        f"{store}: {kind} of {media_id}"
        for kind, stored in (("file", snapshot.files), ("chunks", snapshot.chunks))
        for store, media_ids in stored.items()
        for media_id in media_ids
        if media_id not in named[store]
    ]


def is_settled(job: Mapping[str, Any]) -> bool:
    """Whether the job is finished and nothing is left to do for its mail."""
    mail = job["mail"]
    finished = job["state"] in ("ready", "failed", "cancelled", "expired")
    return finished and bool(mail["sent_at"] or mail["failure"])


def _lost(promises: Sequence[Promise], snapshot: Snapshot) -> Iterable[str]:
    mails = _mails(snapshot)
    for promise in promises:
        fid = promise.fid
        job = snapshot.jobs.get(fid)
        if job is None:
            yield f"{fid}: there is no such job"
            continue
        code = (job["failure"] or {}).get("code")
        state, wanted = job["state"], "failed" if promise.code else "ready"
        if (state, code) != (wanted, promise.code):
            yield f"{fid}: {state} ({code}, {job['last_error']}) instead of {wanted}"
        if not mails[fid]:
            yield f"{fid}: no mail"
        if job["mail"]["sent_at"] is None:
            yield f"{fid}: its mail is not written down as sent: {job['mail']}"
        if state == "ready" and job["mp3_fid"] not in snapshot.files["mp3s"]:
            yield f"{fid}: its MP3 {job['mp3_fid']} is not stored"
        if fid in snapshot.bad_downloads:
            yield f"{fid}: {snapshot.bad_downloads[fid]}"
    for sha256, media_id in snapshot.cached.items():
        if media_id not in snapshot.files["videos"]:
            yield f"{sha256}: the cache's file {media_id} is not stored"


def _duplicated(promises: Sequence[Promise], snapshot: Snapshot) -> Iterable[str]:
    for fid, count in Counter(promise.fid for promise in promises).items():
        if count > 1:
            yield f"{fid}: {count} uploads were answered with it"
    copies = {promise.fid: promise.copies for promise in promises}
    for fid, message_ids in _mails(snapshot).items():
        if len(message_ids) > copies.get(fid, 0):
            yield f"{fid}: {len(message_ids)} mails instead of {copies.get(fid, 0)}"
        if len(set(message_ids)) > 1:
            yield f"{fid}: several Message-IDs: {sorted(set(message_ids))}"
    for fid, job in snapshot.jobs.items():
        failure = (job["failure"] or {}).get("code")
        if fid not in copies and failure != INTERRUPTED:
            yield f"{fid}: a job that nobody was promised: {job['state']}"
    yield from _wrongly_shared(snapshot)


def _wrongly_shared(snapshot: Snapshot) -> Iterable[str]:
    """MP3s of jobs that have different results, and results of which there are several MP3s."""
    ready = [job for job in snapshot.jobs.values() if job["mp3_fid"]]
    for name, other in (("mp3_fid", "result_key"), ("result_key", "mp3_fid")):
        found: dict[str, set[str]] = {}
        for job in ready:
            found.setdefault(job[name], set()).add(job[other])
        yield from (
            f"{name} {value}: {len(others)} times {other}"
            for value, others in found.items()
            if len(others) > 1
        )


def _mails(snapshot: Snapshot) -> Mapping[str, list[str]]:
    """The Message-IDs of the mails about each job: `<FID.KIND@DOMAIN>`."""
    found: dict[str, list[str]] = {fid: [] for fid in snapshot.jobs}
    for message_id in snapshot.message_ids:
        found.setdefault(message_id.strip("<>").partition(".")[0], []).append(message_id)
    return found
