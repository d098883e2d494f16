"""An upload leaves a stored source and a queued job behind, or nothing at all."""

import hashlib
from datetime import timedelta

import pytest

from chassis import moves
from chassis.following_moves import followed
from chassis.jobs import Job, Policy, State
from chassis.messages import JobMessage
from chassis.options import ConversionOptions
from tests.multipart_forms import field_part, file_part
from tests.sample_jobs import FACTS, NOW, POLICY, RESULT
from tests.unit.gateway.upload_world import (
    DATA,
    HOLDER,
    TRACE,
    World,
)


@pytest.fixture
def world() -> World:
    return World()


def test_an_upload_becomes_a_queued_job(world: World) -> None:
    """The source is stored whole, the job is queued and announced."""
    job = world.submit(field_part("bitrate", "128k"), file_part(DATA))
    assert job == world.jobs.get(job.fid)
    assert job.state is State.QUEUED
    assert job.username == "ada@example.com"
    assert job.source.name == "video.mkv"
    assert job.source.size == len(DATA)
    assert job.source.sha256 == hashlib.sha256(DATA).hexdigest()
    assert job.options == ConversionOptions(bitrate=128, quality=None)
    assert job.traceparent == TRACE
    assert job.lease is None
    assert world.videos.files == {job.video_fid: DATA}
    assert world.publisher.published == [("video", JobMessage.about(job))]


def test_the_same_upload_again_is_ready(world: World) -> None:
    """Once an MP3 of it is there; `mp3` hears of it, for the mail, and the source is not kept."""
    first = world.submit(file_part(DATA))
    world.jobs.update(first.fid, lambda job: moves.claimed(job, "c", "0" * 24, POLICY, NOW))
    world.jobs.update(
        first.fid,
        lambda job: moves.completed(
            *(job, moves.Attempt("c", 1), RESULT, FACTS, POLICY, NOW), keep_source=True
        ),
    )
    world.publisher.published.clear()
    again = world.submit(file_part(DATA))
    assert (again.state, again.mp3_fid) == (State.READY, "0" * 24)
    assert again.fid != first.fid
    assert list(world.videos.files) == [first.video_fid]
    assert world.publisher.published == [("mp3", JobMessage.about(again))]
    otherwise = world.submit(file_part(DATA), field_part("quality", "V7"))
    assert otherwise.state is State.QUEUED


def test_options_after_the_file_count_too(world: World) -> None:
    """The job has the options of the whole form before it is queued."""
    job = world.submit(file_part(DATA), field_part("quality", "V7"))
    assert job.options == ConversionOptions(quality=7)
    assert world.publisher.published == [("video", JobMessage.about(job))]


def test_the_job_is_there_before_the_first_byte(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stored chunk always belongs to a job that names it."""
    order: list[str] = []
    insert, writer = world.jobs.insert, world.videos.writer

    def inserting(job: Job) -> None:
        assert job.state is State.RECEIVING
        assert job.lease is not None
        assert job.lease.holder == HOLDER
        assert job.due_at == job.lease.expires_at
        assert job.video_fid
        order.append(job.video_fid)
        insert(job)

    def writing(media_id: str, *, name: str, content_type: str) -> object:
        assert order == [media_id]
        order.append("writer")
        return writer(media_id, name=name, content_type=content_type)

    monkeypatch.setattr(world.jobs, "insert", inserting)
    monkeypatch.setattr(world.videos, "writer", writing)
    world.submit(file_part(DATA))
    assert order[1:] == ["writer"]


def test_a_broker_that_is_down_is_no_error(world: World) -> None:
    """The job is durable: the sweeper announces it."""
    world.publisher.down = True
    assert world.submit(file_part(DATA)).state is State.QUEUED


def test_the_lease_is_renewed_as_bytes_arrive() -> None:
    """With each third of the lease the job's is renewed, also while nothing comes."""
    world = World(Policy(lease=timedelta(seconds=0.003)))
    leases = []

    def later() -> None:
        job = world.the_job()
        assert job.lease is not None
        leases.append(job.lease.expires_at)
        world.now += timedelta(seconds=10)

    job = world.submit(file_part(DATA), at_half=later)
    assert job.state is State.QUEUED
    assert job.updated_at == NOW + timedelta(seconds=10)
    assert leases == [NOW + timedelta(seconds=0.003)]


def follow_the_upload(world: World) -> None:
    """A converter follows the upload that is under way."""
    (job,) = (job for job in world.all_jobs() if job.state is State.RECEIVING)
    assert world.jobs.update(
        job.fid, lambda job: followed(job, "follower", "f" * 24, world.policy, world.now)
    )


def test_an_upload_that_was_followed_is_its_followers() -> None:
    """It is converting with its last byte, and nobody else is told to convert it."""
    world = World(Policy())
    job = world.submit(file_part(DATA), at_half=lambda: follow_the_upload(world))
    assert job.state is State.CONVERTING
    assert moves.Attempt("follower", 1).holds(job)
    assert job.produces == job.result_key
    assert not world.publisher.published


def test_other_options_than_a_follower_knew_are_kept() -> None:
    """The job waits for a converter with the options that came after the file."""
    world = World(Policy())
    part = field_part("quality", "V7")
    job = world.submit(file_part(DATA), part, at_half=lambda: follow_the_upload(world))
    assert (job.state, job.options) == (State.QUEUED, ConversionOptions(quality=7))
    assert job.writing_fid is None
    assert world.publisher.published == [("video", JobMessage.about(job))]


def test_a_follower_stops_where_the_same_is_being_converted() -> None:
    """Only one job is converted to a result: the one that began later waits for it."""
    world = World(Policy())
    first = world.submit(file_part(DATA))
    assert world.jobs.update(
        first.fid, lambda job: moves.claimed(job, "converter", "e" * 24, world.policy, world.now)
    )
    job = world.submit(file_part(DATA), at_half=lambda: follow_the_upload(world))
    assert (job.state, job.follower, job.writing_fid) == (State.QUEUED, None, None)
