"""How often MongoDB is asked: each question costs both sides more than its answer."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo import monitoring

from chassis.errors import MediaMissing
from chassis.mongo import GridFsMediaStore, MongoJobStore, connect
from chassis.mongo.client import Client
from chassis.mongo.media import VIDEOS
from tests import sample_jobs

MIB = 1 << 20


class Asked(monitoring.CommandListener):
    """The commands that a client has sent."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """See CommandListener."""
        self.commands.append((event.command_name, event.command.get(event.command_name)))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """See CommandListener."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """See CommandListener."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What clients ask that are made from now on."""
    listener = Asked()
    listeners = monitoring._LISTENERS  # noqa: SLF001 - they cannot be unregistered otherwise
    heard = listeners._replace(command_listeners=[*listeners.command_listeners, listener])
    monkeypatch.setattr(monitoring, "_LISTENERS", heard)
    return listener


@pytest.fixture
def client(asked: Asked, mongodb_url: str) -> Iterator[Client]:
    """A client that is listened to."""
    with connect(mongodb_url, "tests") as client:
        yield client


def stored(client: Client, size: int) -> tuple[GridFsMediaStore, str]:
    store = GridFsMediaStore(client, VIDEOS)
    media_id = store.new_id()
    with store.writer(media_id, name="a.mp4", content_type="video/mp4") as writer:
        writer.write(bytes(size))
        writer.finish()
    return store, media_id


@pytest.mark.parametrize("size", [1, MIB + 1, 2 * MIB])
def test_a_small_file_is_read_by_one_question(client: Client, asked: Asked, size: int) -> None:
    """Wherever a demuxer begins, and however it goes on."""
    store, media_id = stored(client, size)
    with store.open(media_id) as reader:
        asked.commands.clear()
        for offset in (size - 1, 0, size // 2, 0):
            assert reader.read_at(offset, 1) == b"\0"
        assert asked.commands == [("find", "fs.chunks")]


def test_a_part_of_a_small_file_may_be_gone(client: Client) -> None:
    """It is missing as a whole then."""
    store, media_id = stored(client, 3 * MIB)
    with store.open(media_id) as reader:
        client[VIDEOS]["fs.chunks"].delete_one({"n": 1})
        with pytest.raises(MediaMissing):
            reader.read_at(0, 1)


def test_a_job_that_is_known_is_not_read_again(client: Client, asked: Asked) -> None:
    """It is changed by one command, unless it has changed meanwhile."""
    store = MongoJobStore(client)
    job = sample_jobs.queued()
    store.insert(job)
    asked.commands.clear()
    changed = store.update(job.fid, lambda found: replace(found, progress=0.5), job)
    assert changed
    assert asked.commands == [("update", "jobs")]


def test_a_short_file_needs_no_thread(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fits in one chunk is stored by the thread that ends it."""
    store = GridFsMediaStore(client, VIDEOS)
    monkeypatch.setattr("chassis.mongo.shipper.Thread", None)
    with store.writer(
        store.new_id(), name="a.mp3", content_type="audio/mpeg", rewritable=True
    ) as writer:
        writer.write(b"sound")
        media = writer.finish()
    with store.open(media.media_id) as reader:
        assert reader.read_at(0, 10) == b"sound"
