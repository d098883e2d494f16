"""The moves of a job whose source is brought in by its link: who may make them, what is named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import fetch_moves, moves
from chassis.jobs import Failure, Job, Kind, State
from chassis.messages import LINK_QUEUE, VIDEO_QUEUE, waiting_queue
from chassis.moves import Attempt
from chassis.sources import Metadata, Source
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY

HOLDER = "fetcher"  # as in tests.sample_jobs
SOURCE = Source("Song", 1_000, "ab" * 32, metadata=Metadata(title="Song"))
PICTURED = replace(SOURCE, metadata=Metadata(title="Song", picture_sha256="cd" * 32))
REASON = Failure("site_unavailable", "The site does not answer.")
OURS, THEIRS, THEIR_PICTURE, NAMED_BY_NOBODY = (digit * 24 for digit in "1234")

FETCHER_MOVES: dict[str, Callable[[Job, Attempt], Job | None]] = {
    "naming": lambda job, by: fetch_moves.naming(job, by, [THEIRS], POLICY, NOW),
    "fetched": lambda job, by: fetch_moves.fetched(job, by, SOURCE, POLICY, NOW),
    "identified": lambda job, by: fetch_moves.identified(job, by, SOURCE, POLICY, NOW),
    "done_without_mp3": lambda job, by: fetch_moves.done_without_mp3(job, by, SOURCE, POLICY, NOW),
    "renewed": lambda job, by: moves.renewed(job, by, POLICY, NOW, progress=0.5),
    "attempt_failed": lambda job, by: moves.attempt_failed(job, by, REASON, POLICY, NOW),
    "failed": lambda job, by: moves.failed(job, by, REASON, POLICY, NOW),
    "given_back": lambda job, by: moves.given_back(job, by, POLICY, NOW),
}
LETTING_GO = ("identified", "attempt_failed", "given_back", "failed", "done_without_mp3")


def moved(job: Job | None) -> Job:
    assert job is not None
    return job


def claimed(job: Job) -> Job | None:
    return fetch_moves.fetch_claimed(job, HOLDER, OURS, "2" * 24, POLICY, NOW)


@pytest.mark.parametrize("name", FETCHER_MOVES)
def test_only_the_attempt_under_way_moves_a_job(name: str) -> None:
    """Neither an earlier attempt of the same fetcher nor another fetcher can change anything."""
    move, job = FETCHER_MOVES[name], sample_jobs.fetching(attempts=2)
    assert move(job, Attempt(HOLDER, 2))
    assert move(job, Attempt(HOLDER, 1)) is None
    assert move(job, Attempt("another", 2)) is None


@pytest.mark.parametrize("name", FETCHER_MOVES)
@pytest.mark.parametrize(
    "made",
    [sample_jobs.linked, sample_jobs.queued, sample_jobs.ready, sample_jobs.cancelled],
)
def test_a_job_that_nobody_holds_is_moved_by_no_fetcher(made: Callable[[], Job], name: str) -> None:
    """What was given back, finished or cancelled meanwhile is not touched by a late fetcher."""
    job = made()
    assert FETCHER_MOVES[name](job, Attempt(HOLDER, job.attempts)) is None


def test_a_claim_names_files_and_takes_the_fetch_key() -> None:
    """Before anything is written; what an earlier attempt or a fresh cache said is forgotten."""
    waiting = replace(sample_jobs.linked(), source=SOURCE, adopting=(THEIRS,))
    job = moved(claimed(waiting))
    assert (job.state, job.attempts, job.fetches) == (State.FETCHING, 1, waiting.link.fetch_key)  # type: ignore[union-attr]  # it has a link
    assert (job.video_fid, job.picture_fid, job.adopting) == (OURS, "2" * 24, ())
    assert job.source == Source("Song")
    assert job.due_at == NOW + POLICY.lease


@pytest.mark.parametrize(
    "made",
    [
        lambda: replace(sample_jobs.linked(), not_before=NOW + timedelta(seconds=1)),
        lambda: replace(sample_jobs.linked(), attempts=POLICY.max_attempts),
        lambda: replace(sample_jobs.linked(), video_fid=OURS),
        sample_jobs.queued,
        sample_jobs.fetching,
        sample_jobs.converting,
        sample_jobs.ready,
        sample_jobs.failed,
        sample_jobs.cancelled,
    ],
    ids=[
        *("not due", "used up", "fetched", "an upload", "held", "converting"),
        *("ready", "failed", "cancelled"),
    ],
)
def test_what_is_not_claimed(made: Callable[[], Job]) -> None:
    """Only what waits for its source, is due, and has attempts left."""
    assert claimed(made()) is None


def test_a_silent_fetcher_is_succeeded() -> None:
    """Not before its lease is over; after the last attempt it is given up."""
    job = sample_jobs.fetching()
    later = job.due_at
    ids = (THEIRS, THEIR_PICTURE)
    assert fetch_moves.fetch_claimed(job, "b", *ids, POLICY, later - timedelta(seconds=1)) is None
    successor = moved(fetch_moves.fetch_claimed(job, "b", *ids, POLICY, later))
    assert (successor.attempts, successor.video_fid) == (2, THEIRS)
    last = replace(job, attempts=POLICY.max_attempts)
    assert fetch_moves.fetch_claimed(last, "b", *ids, POLICY, later) is None
    assert moved(moves.abandoned(last, POLICY, later)).failure == moves.WORKER_LOST


def test_a_fetched_job_waits_for_a_converter_with_all_its_attempts() -> None:
    """Under the files that it was claimed with; the picture's id goes where there is none."""
    job = replace(sample_jobs.fetching(attempts=3), last_error=REASON)
    plain = moved(fetch_moves.fetched(job, Attempt(HOLDER, 3), SOURCE, POLICY, NOW))
    assert (plain.state, plain.attempts, plain.last_error) == (State.QUEUED, 0, None)
    assert (plain.video_fid, plain.picture_fid) == (job.video_fid, None)
    assert (plain.fetches, plain.lease, plain.queued_at) == (None, None, NOW)
    assert plain.result_key is not None
    assert waiting_queue(plain) == VIDEO_QUEUE
    pictured = moved(fetch_moves.fetched(job, Attempt(HOLDER, 3), PICTURED, POLICY, NOW))
    assert (pictured.video_fid, pictured.picture_fid) == (job.video_fid, job.picture_fid)


def test_a_job_takes_over_only_files_that_it_has_named() -> None:
    """What it did not name may have been deleted."""
    job, by = sample_jobs.fetching(), Attempt(HOLDER, 1)

    def fetched(job: Job, video_fid: str, picture_fid: str | None = None) -> Job | None:
        return fetch_moves.fetched(
            job, by, PICTURED, POLICY, NOW, video_fid=video_fid, picture_fid=picture_fid
        )

    assert fetched(job, THEIRS) is None
    named = moved(fetch_moves.naming(job, by, [THEIRS, THEIR_PICTURE], POLICY, NOW))
    assert (named.video_fid, named.adopting) == (job.video_fid, (THEIRS, THEIR_PICTURE))
    assert fetched(named, NAMED_BY_NOBODY) is None
    assert fetched(named, THEIRS, NAMED_BY_NOBODY) is None
    both = moved(fetched(named, THEIRS, THEIR_PICTURE))
    assert (both.video_fid, both.picture_fid, both.adopting) == (THEIRS, THEIR_PICTURE, ())
    assert moved(fetched(named, THEIRS)).picture_fid == job.picture_fid


@pytest.mark.parametrize("name", LETTING_GO)
def test_an_attempt_that_ends_without_a_source_lets_go_of_all_its_files(name: str) -> None:
    """Its own, and those that it was about to share."""
    job = replace(sample_jobs.fetching(), adopting=(THEIRS,))
    after = moved(FETCHER_MOVES[name](job, Attempt(HOLDER, 1)))
    assert (after.video_fid, after.picture_fid, after.adopting) == (None, None, ())
    assert (after.fetches, after.lease) == (None, None)


def test_a_job_that_is_identified_is_still_to_be_fetched() -> None:
    """Where nobody has its MP3 after all; the attempt does not count."""
    job = sample_jobs.fetching(attempts=2)
    after = moved(fetch_moves.identified(job, Attempt(HOLDER, 2), SOURCE, POLICY, NOW))
    assert (after.state, after.attempts, after.source) == (State.QUEUED, 1, SOURCE)
    assert after.result_key is not None
    assert waiting_queue(after) == LINK_QUEUE
    assert moves.claimed(after, "converter", OURS, POLICY, NOW) is None
    assert claimed(after)


def test_a_job_without_an_mp3_to_come_is_ready_and_expires() -> None:
    """Its owner is not mailed; its record goes after its time."""
    job = sample_jobs.fetching(kind=Kind.MEDIA)
    after = moved(fetch_moves.done_without_mp3(job, Attempt(HOLDER, 1), SOURCE, POLICY, NOW))
    assert (after.state, after.mp3_fid, after.mail.settled) == (State.READY, None, True)
    assert after.due_at == after.expires_at == NOW + POLICY.job_retention
    assert moved(moves.expired(after, POLICY, after.due_at)).state is State.EXPIRED


def test_only_what_waits_for_its_source_is_refused_with_another() -> None:
    """What is fetched, or has its source, goes its own way."""
    refused = moved(fetch_moves.refused(sample_jobs.linked(), REASON, POLICY, NOW))
    assert (refused.state, refused.failure) == (State.FAILED, REASON)
    for job in (sample_jobs.fetching(), sample_jobs.queued(), sample_jobs.cancelled()):
        assert fetch_moves.refused(job, REASON, POLICY, NOW) is None


@pytest.mark.parametrize("made", [sample_jobs.linked, sample_jobs.fetching])
def test_a_failed_job_is_told_or_stays_to_be_seen(made: Callable[..., Job]) -> None:
    """Whoever is mailed is mailed soon; whoever looks at his job himself has the time for it."""
    due = {
        kind: moves.finished(made(kind=kind), State.FAILED, REASON, POLICY, NOW).due_at
        for kind in (Kind.MP3, Kind.MEDIA)
    }
    assert due[Kind.MP3] == NOW + POLICY.announce_after(0)
    assert due[Kind.MEDIA] == NOW + POLICY.job_retention
