"""A round over due jobs, on ports in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import pytest

from chassis import moves
from chassis.errors import BrokerUnavailable, StoreUnavailable
from chassis.fake_media import FakeMediaStore
from chassis.fakes import FakeJobStore, FakePublisher
from chassis.health import Heartbeat
from chassis.jobs import Job, State
from chassis.messages import MP3_QUEUE, VIDEO_QUEUE, JobMessage
from sweeper.rounds import BATCH, Rounds
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY


class Broom:
    """A sweeper's round with everything round it, at a time that tests set."""

    def __init__(self) -> None:
        self.jobs = FakeJobStore()
        self.videos, self.mp3s = FakeMediaStore(), FakeMediaStore()
        self.publisher = FakePublisher()
        self.now = NOW
        self.stopping = Event()
        self.rounds = self.another(self.publisher)

    def another(self, publisher: FakePublisher) -> Rounds:
        """A further sweeper on the same stores."""
        return Rounds(
            jobs=self.jobs,
            videos=self.videos,
            mp3s=self.mp3s,
            publisher=publisher,
            policy=POLICY,
            stopping=self.stopping,
            alive=Heartbeat(60),
            clock=lambda: self.now,
        )

    def insert(self, job: Job) -> Job:
        """Store the job with a file under each id that it names."""
        self.jobs.insert(job)
        if job.video_fid:
            self.videos.files[job.video_fid] = b"video"
        for media_id in (job.writing_fid, job.mp3_fid):
            if media_id:
                self.mp3s.files[media_id] = b"mp3"
        return job

    def now_is(self, job: Job) -> Job:
        """The job as it is stored now."""
        stored = self.jobs.get(job.fid)
        assert stored is not None
        return stored

    @property
    def announced(self) -> list[tuple[str, str]]:
        """(queue, job) of each announcement."""
        return [(queue, message.job_id) for queue, message in self.publisher.published]


@pytest.fixture
def broom() -> Broom:
    return Broom()


def test_nothing_is_done_before_its_time(broom: Broom) -> None:
    """A job that moves by itself is left alone."""
    job = broom.insert(sample_jobs.queued())
    broom.rounds.run()
    assert broom.announced == []
    assert broom.now_is(job) == job


def test_a_job_that_does_not_move_is_announced_less_and_less_often(broom: Broom) -> None:
    """The pauses between announcements double up to an hour, so that a backlog costs little."""
    job = broom.insert(sample_jobs.queued())
    pauses = []
    for _ in range(12):
        before = broom.now
        broom.now = broom.now_is(job).due_at
        pauses.append((broom.now - before).total_seconds())
        broom.rounds.run()
        broom.rounds.run()
    assert pauses == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    assert broom.announced == [(VIDEO_QUEUE, job.fid)] * 12


def test_an_announcement_carries_what_a_message_carries(broom: Broom) -> None:
    """The sweeper's message is the same as the first one would have been."""
    job = broom.insert(sample_jobs.ready())
    broom.now = job.due_at
    broom.rounds.run()
    assert broom.publisher.published == [(MP3_QUEUE, JobMessage.about(job))]


def test_an_interrupted_upload_leaves_nothing(broom: Broom) -> None:
    """An upload whose gateway is gone has failed, its bytes are deleted, and it stays visible."""
    job = broom.insert(sample_jobs.receiving())
    broom.now = job.due_at
    broom.rounds.run()
    found = broom.now_is(job)
    assert found.state is State.FAILED
    assert found.failure == moves.INTERRUPTED
    assert broom.videos.files == {}
    broom.now += POLICY.job_retention - timedelta(seconds=1)
    broom.rounds.run()
    assert broom.announced == []
    assert broom.jobs.get(job.fid)
    broom.now += timedelta(seconds=1)
    broom.rounds.run()
    assert broom.jobs.get(job.fid) is None


def test_an_abandoned_job_leaves_its_files(broom: Broom) -> None:
    """A job that killed its last worker fails; its source and its half-written MP3 go."""
    job = broom.insert(sample_jobs.converting(attempts=POLICY.max_attempts))
    broom.now = job.due_at
    broom.rounds.run()
    assert broom.now_is(job).failure == moves.WORKER_LOST
    assert broom.videos.files == broom.mp3s.files == {}


def test_an_expired_mp3_is_deleted(broom: Broom) -> None:
    """After its time the MP3 goes, and the job says so."""
    job = broom.insert(sample_jobs.mailed(sample_jobs.ready()))
    broom.now = job.due_at
    broom.rounds.run()
    assert broom.now_is(job).state is State.EXPIRED
    assert broom.mp3s.files == {}


def test_a_file_that_another_job_names_stays(broom: Broom) -> None:
    """What a job lets go of is deleted only when nobody else names it."""
    job = broom.insert(sample_jobs.mailed(sample_jobs.ready()))
    other = replace(sample_jobs.ready(NOW + POLICY.mp3_retention / 2), mp3_fid=job.mp3_fid)
    broom.jobs.insert(other)
    broom.now = job.due_at
    broom.rounds.run()
    assert broom.now_is(job).state is State.EXPIRED
    assert job.mp3_fid in broom.mp3s.files


@pytest.mark.parametrize(
    ("made", "change"),
    [
        (
            sample_jobs.receiving,
            lambda job, now: moves.receiving_renewed(job, "gateway", POLICY, now),
        ),
        (lambda: sample_jobs.mailed(sample_jobs.ready()), lambda job, _: replace(job)),
    ],
)
def test_a_job_that_moved_meanwhile_is_left_alone(
    broom: Broom,
    monkeypatch: pytest.MonkeyPatch,
    made: Callable[[], Job],
    change: Callable[[Job, datetime], Job | None],
) -> None:
    """What was read is acted on only as it was read: its files may be others by now."""
    job = broom.insert(made())
    broom.now = job.due_at
    read: Callable[..., list[Job]] = broom.jobs.due

    def changed_after_reading(*given: object) -> list[Job]:
        page = read(*given)
        broom.jobs.update(job.fid, lambda seen: change(seen, broom.now))
        return page

    monkeypatch.setattr(broom.jobs, "due", changed_after_reading)
    broom.rounds.run()
    assert broom.now_is(job).state is job.state
    assert broom.videos.files or broom.mp3s.files


def test_two_sweepers_do_what_one_does(broom: Broom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second sweeper with the same work list changes nothing that the first has changed."""
    jobs = [
        broom.insert(job)
        for job in (
            sample_jobs.receiving(),
            sample_jobs.queued(),
            sample_jobs.mailed(sample_jobs.ready()),
            sample_jobs.cancelled(),
        )
    ]
    broom.now = max(job.due_at for job in jobs)
    page = broom.jobs.due(broom.now, 100)
    broom.rounds.run()
    after = [broom.jobs.get(job.fid) for job in jobs]
    monkeypatch.setattr(broom.jobs, "due", lambda *_: page)
    broom.another(FakePublisher()).run()
    assert [broom.jobs.get(job.fid) for job in jobs] == after


def test_a_dead_broker_is_asked_once_a_round(broom: Broom, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the broker is away jobs stay due, everything else goes on, and then they follow."""
    waiting = [broom.insert(sample_jobs.queued()) for _ in range(5)]
    upload = broom.insert(sample_jobs.receiving(NOW + timedelta(minutes=1)))
    broom.now = upload.due_at
    asked = 0
    publish = broom.publisher.publish

    def counted(queue: str, message: JobMessage) -> None:
        nonlocal asked
        asked += 1
        publish(queue, message)

    monkeypatch.setattr(broom.publisher, "publish", counted)
    broom.publisher.down = True
    broom.rounds.run()
    assert asked == 1
    assert [broom.now_is(job) for job in waiting] == waiting
    assert broom.now_is(upload).state is State.FAILED
    broom.publisher.down = False
    broom.rounds.run()
    assert {fid for _, fid in broom.announced} == {job.fid for job in waiting}


def test_one_refusing_queue_does_not_hold_up_another(
    broom: Broom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the queue that refuses is left alone for the round."""
    broom.insert(sample_jobs.queued())
    told = broom.insert(sample_jobs.ready())
    broom.now = told.due_at
    publish = broom.publisher.publish

    def full(queue: str, message: JobMessage) -> None:
        if queue == VIDEO_QUEUE:
            raise BrokerUnavailable("full")
        publish(queue, message)

    monkeypatch.setattr(broom.publisher, "publish", full)
    broom.rounds.run()
    assert broom.announced == [(MP3_QUEUE, told.fid)]


def test_a_round_sees_every_due_job_once(broom: Broom) -> None:
    """More jobs than one page, many of the same time, some that stay due: none is left out."""
    broom.publisher.down = True
    jobs = [broom.insert(sample_jobs.queued()) for _ in range(2 * BATCH)]
    upload = broom.insert(sample_jobs.receiving(NOW + timedelta(minutes=1)))
    broom.now = upload.due_at
    broom.rounds.run()
    assert broom.now_is(upload).state is State.FAILED
    broom.publisher.down = False
    broom.rounds.run()
    assert sorted(fid for _, fid in broom.announced) == sorted(job.fid for job in jobs)


def test_a_job_that_cannot_be_dealt_with_holds_up_nobody(
    broom: Broom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own with one job is logged, and the next job gets its turn."""
    first = broom.insert(sample_jobs.queued())
    second = broom.insert(sample_jobs.queued(NOW + timedelta(seconds=1)))
    broom.now = second.due_at
    publish = broom.publisher.publish

    def faulty(queue: str, message: JobMessage) -> None:
        if message.job_id == first.fid:
            raise RuntimeError("a bug")
        publish(queue, message)

    monkeypatch.setattr(broom.publisher, "publish", faulty)
    broom.rounds.run()
    assert broom.announced == [(VIDEO_QUEUE, second.fid)]


def test_a_store_that_is_away_ends_the_round(broom: Broom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop is told, so that it waits before the next round."""
    job = broom.insert(sample_jobs.queued())
    broom.now = job.due_at

    def away(*_: object) -> Job:
        raise StoreUnavailable("away")

    monkeypatch.setattr(broom.jobs, "update", away)
    with pytest.raises(StoreUnavailable):
        broom.rounds.run()


@pytest.mark.parametrize("done", [0, 2])
def test_it_ends_after_the_step_under_way(
    broom: Broom, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    """Told to stop, it takes no further step, and loses none."""
    jobs = [broom.insert(sample_jobs.queued()) for _ in range(5)]
    broom.now = jobs[0].due_at
    publish = broom.publisher.publish
    stop: Callable[[], None] = broom.stopping.set

    def stops_after(queue: str, message: JobMessage) -> None:
        publish(queue, message)
        if len(broom.announced) == done:
            stop()

    monkeypatch.setattr(broom.publisher, "publish", stops_after)
    if not done:
        stop()
    broom.rounds.run()
    assert len(broom.announced) == done
    assert sum(broom.now_is(job).announcements for job in jobs) == done
