"""Jobs with the same result: one is converted, all are answered, and a failure holds up nobody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import moves
from chassis.errors import Permanent, Retryable, StoreUnavailable
from chassis.jobs import Job, State
from chassis.messages import MP3_QUEUE, VIDEO_QUEUE
from chassis.options import ConversionOptions
from tests import sample_jobs
from tests.sample_jobs import POLICY
from tests.unit.converter.works import HASH, Works


@pytest.fixture
def works() -> Works:
    return Works()


def test_a_job_waits_for_the_one_that_is_converted_and_is_answered_with_it(works: Works) -> None:
    """One conversion, one MP3, no source left; both owners are told; waiting is no attempt."""
    leader, follower = works.upload(), works.upload()

    def while_it_converts() -> None:
        works.handle(follower, converter=1)
        waiting = works.now_is(follower)
        assert (waiting.state, waiting.attempts) == (State.QUEUED, 0)
        lease = works.now_is(leader).lease
        assert lease is not None
        assert waiting.due_at == lease.expires_at

    works.engine.meanwhile = while_it_converts
    works.handle(leader)
    first, second = works.now_is(leader), works.now_is(follower)
    assert (first.state, second.state) == (State.READY, State.READY)
    assert (works.engine.runs, second.attempts) == (1, 0)
    assert first.mp3_fid == second.mp3_fid
    assert list(works.mp3s.files) == [first.mp3_fid]
    assert not works.videos.files
    assert works.told(MP3_QUEUE) == [leader.fid, follower.fid]


def test_a_job_comes_after_the_one_that_was_converted(works: Works) -> None:
    """Its worker may have died before it answered the others: they are answered when announced."""
    leader, follower = works.upload(), works.upload()
    works.handle(leader)
    late = works.upload()
    works.handle(late, converter=1)
    assert works.engine.runs == 1
    assert works.now_is(late).mp3_fid == works.now_is(leader).mp3_fid
    assert works.told(MP3_QUEUE) == [leader.fid, follower.fid, late.fid]
    assert not works.videos.files


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "bob@example.com"},
        {"options": ConversionOptions(bitrate=128, quality=None)},
    ],
    ids=["user", "options"],
)
def test_what_differs_is_converted_for_itself(works: Works, changes: dict[str, object]) -> None:
    """Another user's upload, and the same one with other options, share nothing."""
    ours = works.upload()
    theirs = works.add(replace(sample_jobs.queued(sha256=HASH), **changes))  # type: ignore[arg-type]  # of any field
    works.engine.meanwhile = lambda: works.handle(theirs, converter=1)
    works.handle(ours)
    assert works.engine.runs == 2
    assert works.now_is(ours).mp3_fid != works.now_is(theirs).mp3_fid
    assert len(works.mp3s.files) == 2


def test_when_a_leader_fails_for_good_another_is_tried(works: Works) -> None:
    """What failed may have been its own stored file: the oldest that waits is tried at once."""
    leader, follower, third = works.upload(), works.upload(), works.upload()

    def while_it_converts() -> None:
        works.handle(third, converter=1)
        works.handle(follower, converter=1)

    works.engine.meanwhile = while_it_converts
    works.engine.error = Permanent("media_missing", "It is gone.")
    works.handle(leader)
    assert works.now_is(leader).state is State.FAILED
    assert works.told(VIDEO_QUEUE) == [follower.fid]
    works.engine.error = None
    works.handle(follower)
    assert works.engine.runs == 2
    assert works.now_is(follower).attempts == 1
    assert works.now_is(third).state is State.READY
    assert works.told(MP3_QUEUE) == [leader.fid, follower.fid, third.fid]


def test_while_a_leader_waits_for_its_next_attempt_another_leads(works: Works) -> None:
    """The one that has to wait is answered too, without an attempt more."""
    leader, follower = works.upload(), works.upload()
    works.engine.error = Retryable("engine_crashed", "It crashed.")
    works.handle(leader)
    works.engine.error = None
    works.handle(follower, converter=1)
    assert works.now_is(leader).state is State.READY
    assert (works.now_is(leader).attempts, works.now_is(leader).last_error) == (1, None)
    assert not works.videos.files


def test_a_leader_whose_worker_died_keeps_its_key(works: Works) -> None:
    """Until its lease is over the others wait; then it is taken up again, and answers them."""
    leader, follower = works.upload(), works.upload()
    dead = works.jobs.update(
        leader.fid, lambda job: moves.claimed(job, "dead", "0" * 24, POLICY, works.now)
    )
    assert dead is not None
    works.now += POLICY.lease + timedelta(seconds=1)
    works.handle(follower)
    waiting = works.now_is(follower)
    assert waiting.state is State.QUEUED
    assert waiting.due_at == works.now + POLICY.announce_after(0)
    works.handle(leader)
    assert works.now_is(leader).attempts == 2
    assert works.now_is(follower).state is State.READY
    assert works.engine.runs == 1


def test_a_store_that_goes_away_leaves_followers_waiting(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leader is ready all the same; the others are answered when they are announced again."""
    leader, follower = works.upload(), works.upload()

    def away(*_arguments: object) -> list[Job]:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(works.jobs, "with_result_key", away)
        works.handle(leader)
    assert works.now_is(leader).state is State.READY
    assert works.now_is(follower) == follower
    works.handle(follower)
    assert works.now_is(follower).state is State.READY


def test_a_cancelled_follower_stays_cancelled(works: Works) -> None:
    """Whoever does not want it any more gets no MP3 and no mail."""
    leader, follower = works.upload(), works.upload()

    def cancel() -> None:
        works.jobs.update(follower.fid, lambda job: moves.cancelled(job, POLICY, works.now))

    works.engine.meanwhile = cancel
    works.handle(leader)
    assert works.now_is(follower).state is State.CANCELLED
    assert works.told(MP3_QUEUE) == [leader.fid]


def test_kept_sources_are_kept_once() -> None:
    """With KEEP_SOURCES the jobs share the leader's source."""
    works = Works(keep_sources=True)
    leader, follower = works.upload(), works.upload()
    works.handle(leader)
    assert list(works.videos.files) == [leader.video_fid]
    assert works.now_is(follower).video_fid == leader.video_fid


def test_a_job_from_before_result_keys_shares_too(works: Works) -> None:
    """What an older gateway queued has no key yet: it gets one when it is first looked at."""
    old, leader = works.upload(), works.upload()
    works.jobs.update(old.fid, lambda job: replace(job, result_key=None))
    works.handle(leader)
    assert works.now_is(old).state is State.QUEUED
    works.handle(old)
    assert works.now_is(old).state is State.READY
    assert works.engine.runs == 1
