"""Files by link and checksum: from the cache, or waited for, or refused as their site refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import ServiceError
from chassis.jobs import Failure, Job, State
from chassis.messages import LINK_QUEUE
from chassis.moves import NO_MAIL
from chassis.sources import Source
from gateway.link_jobs import Sender
from gateway.media import CachedFile
from tests.unit.gateway.link_world import ADA, MAX_JOBS, SHA256, TRACE, URL, World, media_job

SENDER = Sender(ADA, TRACE)


@pytest.fixture
def world() -> World:
    return World()


def file(world: World, sha256: str | None = None) -> CachedFile | Job:
    return world.media.file(SENDER, world.links.video(URL, sha256=sha256))


def refusal(world: World, sha256: str | None = None) -> str:
    with pytest.raises(ServiceError) as caught:
        file(world, sha256)
    return caught.value.code


def ending(world: World, job: Job, state: State, **fields: Any) -> None:
    """What the fetcher would write down."""

    def ended(found: Job) -> Job:
        return replace(found, state=state, updated_at=world.now, **fields)

    assert world.jobs.update(job.fid, ended)


def test_a_checksum_is_answered_from_the_cache(world: World) -> None:
    """However old it is, and by whatever link it came; that counts as use."""
    content = world.keep()
    world.now += timedelta(days=3)
    found = file(world, SHA256)
    assert isinstance(found, CachedFile)
    assert (found.content.video_fid, found.link) == (content.video_fid, None)
    assert found.content.used_at == world.now
    assert not world.jobs.newest(None, 10)


def test_a_link_is_answered_while_it_is_fresh(world: World) -> None:
    """With the name and the type that its site gave; later it is fetched again."""
    world.keep()
    cached = world.remember()
    found = file(world)
    assert isinstance(found, CachedFile)
    assert found.link == cached
    world.now += timedelta(hours=1)
    assert isinstance(file(world), Job)


def test_what_is_not_there_is_fetched_and_waited_for(world: World) -> None:
    """One job for a user and a link, without a mail; its file is the answer."""

    def comes() -> None:
        world.keep()
        world.remember()
        ending(world, media_job(world), State.READY, source=Source("A song", 1_000, SHA256))

    world.at_first_pause = comes
    found = file(world)
    assert isinstance(found, CachedFile)
    assert found.content.sha256 == SHA256
    job = media_job(world)
    assert (job.mail, world.queued_on(LINK_QUEUE)) == (NO_MAIL, [job.fid])


def test_waiting_ends(world: World) -> None:
    """Then the job is the answer; the next request takes it up again, with pauses that grow."""
    job = file(world)
    assert isinstance(job, Job)
    assert job.unfinished
    assert world.pauses == sorted(world.pauses)
    again = file(world)
    assert isinstance(again, Job)
    assert again.fid == job.fid == media_job(world).fid


def test_a_failure_is_remembered_for_a_minute(world: World) -> None:
    """Its code and sentence are the answer, then the site is asked anew."""
    gone = Failure("geo_restricted", "The video is not shown in this country.")
    world.at_first_pause = lambda: ending(world, media_job(world), State.FAILED, failure=gone)
    assert refusal(world) == "geo_restricted"
    world.now += timedelta(seconds=59)
    assert refusal(world) == "geo_restricted"
    assert len(world.queued_on(LINK_QUEUE)) == 1
    world.now += timedelta(seconds=1)
    assert isinstance(file(world), Job)
    assert len(world.queued_on(LINK_QUEUE)) == 2


def test_a_job_of_before_does_not_stand_in_the_way(world: World) -> None:
    """What it brought is not fresh any more: a new one asks."""
    world.media.fetching(SENDER, world.links.video(URL))
    ending(world, media_job(world), State.READY, source=Source("A song", 1_000, SHA256))
    found = file(world)
    assert isinstance(found, Job)
    assert found.unfinished


def test_another_checksum_is_another_job(world: World) -> None:
    """Each is verified for itself; a checksum that the link is known to have is not asked for."""
    plain, checked = file(world), file(world, "cd" * 32)
    assert isinstance(plain, Job)
    assert isinstance(checked, Job)
    assert plain.fid != checked.fid
    assert checked.link
    assert checked.link.sha256 == "cd" * 32


def test_a_video_that_is_known_not_to_exist(world: World) -> None:
    """As if it had been asked for again."""
    world.missing()
    assert refusal(world) == "video_unavailable"
    assert not world.jobs.newest(None, 10)


def test_a_file_that_had_to_make_room_at_once(world: World) -> None:
    """The cache is smaller than the file: that is said, and not answered with something else."""
    source = Source("A song", 1_000, SHA256)
    world.at_first_pause = lambda: ending(world, media_job(world), State.READY, source=source)
    assert refusal(world) == "not_kept"


def test_a_job_that_its_owner_cancels(world: World) -> None:
    """Whoever waits for it learns that."""
    world.at_first_pause = lambda: ending(world, media_job(world), State.CANCELLED)
    assert refusal(world) == "cancelled"


def test_a_job_that_its_owner_deletes(world: World) -> None:
    """The same, where it is gone."""
    world.at_first_pause = lambda: world.jobs.remove(media_job(world))
    assert refusal(world) == "cancelled"


def test_fetches_count_as_unfinished_jobs(world: World) -> None:
    """No way around the limit."""
    for number in range(MAX_JOBS):
        world.submit(f"https://a.example.com/{number}.mp4")
    assert refusal(world) == "too_many_jobs"


def test_ahead_of_need_nobody_waits(world: World) -> None:
    """The job, or the file that is there; a failure of a moment ago is said."""
    link = world.links.video(URL)
    job = world.media.ahead(SENDER, link)
    assert isinstance(job, Job)
    assert not world.pauses
    ending(world, job, State.FAILED, failure=Failure("no_media", "There is no video."))
    with pytest.raises(ServiceError) as caught:
        world.media.ahead(SENDER, link)
    assert caught.value.code == "no_media"
    world.keep()
    world.remember()
    assert isinstance(world.media.ahead(SENDER, link), CachedFile)


def test_a_file_is_in_use_while_it_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow reader's file is not the one that was used longest ago."""
    world.keep()
    found = file(world, SHA256)
    assert isinstance(found, CachedFile)
    monkeypatch.setattr("gateway.media.IN_USE_SECONDS", -1.0)
    pieces = world.media.in_use(found, iter([b"a", b"b"]))
    assert next(pieces) == b"a"
    world.now += timedelta(minutes=1)
    assert list(pieces) == [b"b"]
    content = world.cache.content(SHA256)
    assert content
    assert content.used_at == world.now
