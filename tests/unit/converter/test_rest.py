"""What is left of a job when its message is settled: the lease answers for it."""

import pytest

from chassis import moves
from chassis.errors import StoreUnavailable
from chassis.jobs import State
from chassis.messages import MP3_QUEUE
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY
from tests.unit.converter.works import Works


@pytest.fixture
def works() -> Works:
    return Works()


def test_the_job_is_ready_once_the_rest_is_done(works: Works) -> None:
    """The MP3 is made when the message is settled; stored, named and announced after that."""
    job = works.add(sample_jobs.queued())
    rest = works.begin(job)
    assert rest is not None
    assert works.now_is(job).state is State.CONVERTING
    assert not works.mp3s.files
    rest()
    assert works.now_is(job).state is State.READY
    assert works.told(MP3_QUEUE) == [job.fid]


def test_another_is_converted_before_the_rest_of_the_first_is_done(works: Works) -> None:
    """Jobs whose ends overlap do not touch each other."""
    first, second = works.add(sample_jobs.queued()), works.add(sample_jobs.queued())
    rests = [works.begin(first), works.begin(second)]
    for rest in reversed(rests):
        assert rest is not None
        rest()
    assert works.told(MP3_QUEUE) == [second.fid, first.fid]


def test_a_rest_that_is_lost_is_made_up_for(works: Works) -> None:
    """The converter dies between the two: when its lease is over, another converts the job."""
    job = works.add(sample_jobs.queued())
    assert works.begin(job) is not None
    works.handle(job, converter=1)
    assert works.now_is(job).state is State.CONVERTING
    works.now = NOW + 2 * POLICY.lease
    works.handle(job, converter=1)
    assert works.now_is(job).state is State.READY
    assert works.now_is(job).attempts == 2


def test_a_rest_that_comes_too_late_changes_nothing(works: Works) -> None:
    """Another has converted the job meanwhile: his MP3 stays, the late one goes."""
    job = works.add(sample_jobs.queued())
    late = works.begin(job)
    assert late is not None
    works.now = NOW + 2 * POLICY.lease
    works.handle(job, converter=1)
    ready = works.now_is(job)
    late()
    assert works.now_is(job) == ready
    assert list(works.mp3s.files) == [ready.mp3_fid]


def test_a_job_cancelled_while_it_is_stored_leaves_nothing(works: Works) -> None:
    """Its owner cancels it after the last sound was encoded: there is no MP3, and no mail."""
    job = works.add(sample_jobs.queued())
    rest = works.begin(job)
    assert rest is not None
    works.jobs.update(job.fid, lambda found: moves.cancelled(found, POLICY, works.now))
    rest()
    assert works.now_is(job).state is State.CANCELLED
    assert not works.mp3s.files
    assert works.told(MP3_QUEUE) == []


def test_an_mp3_that_cannot_be_stored_is_tried_again(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is away just then: the attempt has failed, and the job waits for its next one."""
    job = works.add(sample_jobs.queued())
    rest = works.begin(job)
    assert rest is not None

    def away(_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr("chassis.fake_media.FakeMediaWriter.finish", away)
    rest()
    waiting = works.now_is(job)
    assert waiting.state is State.QUEUED
    assert waiting.not_before is not None
