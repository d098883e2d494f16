"""The sweeper while its servers go away and come back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.jobs import State, now_utc
from chassis.messages import VIDEO_QUEUE, JobMessage
from devstack.mongodb import MongoDB
from devstack.ports import free_port
from devstack.rabbitmq import RabbitMQ
from tests import sample_jobs
from tests.stage import POLICY, Stage, store_file
from tests.waiting import wait_for


@pytest.fixture
def own_rabbitmq(tmp_path: Path) -> Iterator[RabbitMQ]:
    with RabbitMQ(tmp_path / "rabbitmq", free_port()) as server:
        yield server


@pytest.fixture
def own_mongodb(tmp_path: Path) -> Iterator[MongoDB]:
    with MongoDB(tmp_path / "mongodb", free_port()) as server:
        yield server


def test_rabbitmq_down_then_up(tmp_path: Path, mongodb_url: str, own_rabbitmq: RabbitMQ) -> None:
    """While the broker is dead jobs stay due and other steps go on; then all are announced."""
    stage = Stage(tmp_path, mongodb_url, own_rabbitmq.url, "smtp://127.0.0.1:1")
    try:
        sweeper = stage.start("sweeper")
        own_rabbitmq.kill()
        jobs = [sample_jobs.queued(now_utc(), POLICY) for _ in range(20)]
        upload = sample_jobs.receiving(now_utc(), POLICY)
        for job in [*jobs, upload]:
            stage.jobs.insert(job)
        wait_for(lambda: stage.now_is(upload).state is State.FAILED, what="the other steps")
        sweeper.process.wait_for_line("the queue takes no announcements", 30)
        assert not any(stage.now_is(job).announcements for job in jobs)
        own_rabbitmq.start()
        wait_for(lambda: all(stage.now_is(job).announcements for job in jobs), what="announcements")
        named = {JobMessage.from_body(body).job_id for body in stage.take(VIDEO_QUEUE)}
        assert named == {job.fid for job in jobs}
    finally:
        stage.close()


def test_mongodb_down_then_up(tmp_path: Path, amqp_url: str, own_mongodb: MongoDB) -> None:
    """The same process goes on when the store is back, and forgets nothing."""
    stage = Stage(tmp_path, own_mongodb.url, amqp_url, "smtp://127.0.0.1:1")
    try:
        sweeper = stage.start("sweeper")
        pid = sweeper.pid
        upload = sample_jobs.receiving(now_utc(), POLICY)
        stage.jobs.insert(upload)
        assert upload.video_fid
        store_file(stage.videos, upload.video_fid)
        own_mongodb.kill()
        sweeper.process.wait_for_line("a task failed", 60)
        own_mongodb.start()
        wait_for(lambda: stage.now_is(upload).state is State.FAILED, what="the step")
        wait_for(lambda: not stage.stored_ids()["videos"], what="the end of its file")
        assert sweeper.running
        assert sweeper.pid == pid
    finally:
        stage.close()
