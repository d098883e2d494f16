"""A video that takes longer than RabbitMQ waits for anything still converts exactly once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from devstack.maildir import plain_text
from devstack.services import Service
from devstack.stack import Stack
from tests.e2e.api_client import ApiClient
from tests.e2e.mp3_reading import hear
from tests.integration.converter_engine.media import PICTURE, ffmpeg, sound
from tests.stage import Stage
from tests.waiting import wait_for

HEARTBEAT_SECONDS = 2
CONSUMER_TIMEOUT_MS = 3000
PIECE_SECONDS = 60.0
PIECES = 20
CONVERSION_SECONDS = 200


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The system on a RabbitMQ that soon gives up; its converter is stopped, for one's own."""
    stack = Stack.on_free_ports(
        tmp_path_factory.mktemp("stack"),
        # No search for orphans while the tests run; leases that have to be renewed.
        {"LEASE_SECONDS": "3", "SWEEP_SECONDS": "0.5", "ORPHAN_SECONDS": "36000"},
        rabbitmq_config=(
            f"heartbeat = {HEARTBEAT_SECONDS}",
            f"consumer_timeout = {CONSUMER_TIMEOUT_MS}",
        ),
    )
    with stack:
        # How often a channel looks for messages that were held too long: else each minute.
        stack.rabbitmq.control("eval", "application:set_env(rabbit, channel_tick_interval, 1000).")
        stack.services["converter"].stop()
        yield stack


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One minute again and again: little to upload, much to encode."""
    folder = tmp_path_factory.mktemp("media")
    minute, path = folder / "minute.mkv", folder / "lecture.mkv"
    codecs = ("-r", "1", "-c:v", "mpeg4", "-c:a", "aac", "-b:a", "64k")
    ffmpeg(*PICTURE, *sound(PIECE_SECONDS), "-t", str(PIECE_SECONDS), *codecs, minute)
    ffmpeg("-stream_loop", str(PIECES - 1), "-i", minute, "-c", "copy", path)
    return path


def logged(service: Service, fid: str) -> list[str]:
    """What the service has logged about a job."""
    output = service.process.output().splitlines()
    lines: list[dict[str, Any]] = [json.loads(line) for line in output if line.startswith("{")]
    return [line["message"] for line in lines if line.get("job_id") == fid]


@pytest.mark.parametrize("conversions", [1, 2])
def test_it_converts_exactly_once(
    impatient: Stack, long_video: Path, tmp_path: Path, conversions: int
) -> None:
    """Its message comes again while it is converted, also where no other worker is free: there is
    one attempt, one MP3 and one mail, for it and for the one that waits behind it.
    """
    # Under names of their own: the same video by the same name is not converted a second time.
    lecture = tmp_path / f"lecture-{conversions}.mkv"
    lecture.symlink_to(long_video)
    short_video = tmp_path / f"short-{conversions}.mkv"
    ffmpeg(*PICTURE, *sound(1.0), "-t", "1", short_video)
    stage = Stage(tmp_path, impatient.mongodb.url, impatient.rabbitmq.url, impatient.mail_sink.url)
    before = stage.stored_ids()["mp3s"]
    user = ApiClient(impatient)
    # A followed upload holds no message.
    settings = {"CONVERSIONS": str(conversions), "FOLLOWED_UPLOADS": "0"}
    with impatient.replica("converter", conversions, settings) as converter:
        fids = [user.upload(video) for video in (lecture, short_video)]
        jobs = user.finished(fids, CONVERSION_SECONDS)
        for fid in fids:
            impatient.mail_sink.mails.wait_for(text=fid)
        wait_for(lambda: stage.depth("video") == 0, what="the last message")

        # It did last longer than both: the broker gave up on the message, never on the connection.
        broker = impatient.rabbitmq.process.output()
        assert "delivery acknowledgement" in broker
        assert "missed heartbeats" not in broker
        assert "there is nothing to convert now" in logged(converter, fids[0])

        for fid, job in jobs.items():
            assert (job["status"], job["attempts"]) == ("ready", 1)
            assert logged(converter, fid).count("converting") == 1
            assert logged(converter, fid).count("ready") == 1
            mails = impatient.mail_sink.mails.messages()
            assert len([mail for mail in mails if fid in plain_text(mail)]) == 1

    stored = [stage.jobs.get(fid) for fid in fids]
    results = {ObjectId(job.mp3_fid) for job in stored if job and job.mp3_fid}
    assert stage.stored_ids() == {"videos": set(), "mp3s": before | results}
    assert stage.depth("video.dead") == 0
    stage.close()
    mp3 = tmp_path / "lecture.mp3"
    mp3.write_bytes(user.download(fids[0]).content)
    assert hear(mp3).seconds == pytest.approx(PIECES * PIECE_SECONDS, abs=2)
