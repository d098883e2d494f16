"""Jobs for tests in each state, brought there by the moves that bring real ones there."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chassis import fetch_moves, mail_moves, moves
from chassis.jobs import Failure, Job, Kind, Lease, Mail, Policy, Result, State, new_fid
from chassis.sources import Link, Loudness, MediaFacts, Source

NOW = datetime(2026, 11, 21, 9, 5, 7, tzinfo=UTC)
POLICY = Policy()

FACTS = MediaFacts(
    "matroska",
    "aac",
    2,
    44_100,
    200.0,
    bitrate=128_000,
    loudness=Loudness(integrated=-23.5, true_peak=-3.25, clipped=0),
)
RESULT = Result(
    size=4_800_000,
    sha256="0" * 64,
    duration=200.0,
    bitrate=192_000,
    mode="VBR V2",
    channels=2,
    sample_rate=44_100,
    loudness=Loudness(integrated=-14.0, true_peak=-1.5, clipped=0),
    notes=("The source was quiet.",),
)
NO_AUDIO = Failure("no_audio", "The video holds no sound.")


def a_media_id() -> str:
    return secrets.token_hex(12)


def receiving(
    now: datetime = NOW,
    policy: Policy = POLICY,
    *,
    username: str = "ada@example.com",
    name: str = "Holiday.mkv",
    video_fid: str | None = None,
) -> Job:
    until = now + policy.lease
    return Job(
        fid=new_fid(),
        username=username,
        state=State.RECEIVING,
        created_at=now,
        updated_at=now,
        due_at=until,
        source=Source(name),
        lease=Lease("gateway", until),
        video_fid=video_fid or a_media_id(),
    )


def linked(
    now: datetime = NOW,
    policy: Policy = POLICY,
    *,
    url: str = "https://videos.example.com/song",
    kind: Kind = Kind.MP3,
    sha256: str | None = None,
    username: str = "ada@example.com",
) -> Job:
    """What a link made, and nobody has looked at."""
    return Job(
        fid=new_fid(),
        username=username,
        state=State.QUEUED,
        created_at=now,
        updated_at=now,
        due_at=now + policy.announce_after(0),
        source=Source(url),
        kind=kind,
        link=Link(url, url, sha256=sha256),
        mail=moves.NO_MAIL if kind is Kind.MEDIA else Mail(),
    )


def fetching(
    now: datetime = NOW,
    policy: Policy = POLICY,
    *,
    attempts: int = 1,
    video_fid: str | None = None,
    picture_fid: str | None = None,
    **named: Any,
) -> Job:
    job = replace(linked(now, policy, **named), attempts=attempts - 1)
    video_fid, picture_fid = video_fid or a_media_id(), picture_fid or a_media_id()
    return _moved(fetch_moves.fetch_claimed(job, "fetcher", video_fid, picture_fid, policy, now))


def queued(
    now: datetime = NOW, policy: Policy = POLICY, *, sha256: str | None = None, **named: Any
) -> Job:
    """Its content is like no other's, unless `sha256` is given."""
    job = receiving(now, policy, **named)
    sha256 = sha256 or secrets.token_hex(32)
    return _moved(moves.stored(job, "gateway", 1_000, sha256, policy, now))


def converting(
    now: datetime = NOW,
    policy: Policy = POLICY,
    *,
    attempts: int = 1,
    writing_fid: str | None = None,
    **named: Any,
) -> Job:
    job = replace(queued(now, policy, **named), attempts=attempts - 1)
    return _moved(moves.claimed(job, "converter", writing_fid or a_media_id(), policy, now))


def ready(
    now: datetime = NOW, policy: Policy = POLICY, *, keep_source: bool = False, **named: Any
) -> Job:
    job = converting(now, policy, **named)
    attempt = moves.Attempt("converter", job.attempts)
    return _moved(
        moves.completed(job, attempt, RESULT, FACTS, policy, now, keep_source=keep_source)
    )


def failed(
    now: datetime = NOW, policy: Policy = POLICY, reason: Failure = NO_AUDIO, **named: Any
) -> Job:
    job = converting(now, policy, **named)
    return _moved(moves.failed(job, moves.Attempt("converter", 1), reason, policy, now))


def cancelled(now: datetime = NOW, policy: Policy = POLICY) -> Job:
    return _moved(moves.cancelled(queued(now, policy), policy, now))


def mailed(job: Job, now: datetime = NOW, policy: Policy = POLICY) -> Job:
    return _moved(mail_moves.mail_sent(job, policy, now))


def expired(now: datetime = NOW, policy: Policy = POLICY, **named: Any) -> Job:
    then = now - policy.mp3_retention
    job = mailed(ready(then, policy, **named), then, policy)
    return _moved(moves.expired(job, policy, now))


def _moved(job: Job | None) -> Job:
    assert job is not None
    return job
