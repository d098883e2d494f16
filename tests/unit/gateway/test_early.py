"""Converters hear early of an upload that is worth following, and of no other."""

from chassis.fakes import FakePublisher
from chassis.messages import JobMessage
from gateway.early import FOLLOWED_BYTES, EarlyAnnouncement
from tests import sample_jobs
from tests.waiting import wait_for

JOB = sample_jobs.receiving()


def announced(content_length: int | None, *received: int) -> FakePublisher:
    publisher = FakePublisher()
    early = EarlyAnnouncement(publisher, content_length)
    for count in received:
        early.look_at(JOB, count)
    return publisher


def test_an_upload_is_announced_once_its_beginning_is_there() -> None:
    """Once, and not before; also where nobody knows how long it will be."""
    for length in (None, 2 * FOLLOWED_BYTES):
        publisher = announced(length, 0, FOLLOWED_BYTES - 1, FOLLOWED_BYTES, FOLLOWED_BYTES + 1)
        wait_for(lambda found=publisher: bool(found.published), what="the message")  # type: ignore[misc]  # a default binds it
        assert publisher.published == [("video", JobMessage.about(JOB))]


def test_a_short_upload_is_not_announced_early() -> None:
    """Its end comes as soon as a follower could begin."""
    publisher = announced(2 * FOLLOWED_BYTES - 1, FOLLOWED_BYTES - 1, FOLLOWED_BYTES)
    assert not publisher.published
