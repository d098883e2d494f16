"""A link becomes a job, which is ready at once where its MP3 is there."""

from datetime import timedelta

import pytest

from chassis.jobs import Kind, State
from chassis.messages import LINK_QUEUE, MP3_QUEUE
from chassis.options import ConversionOptions
from chassis.result_key import key_of
from gateway.link_jobs import Sender
from tests.unit.gateway.link_world import ADA, DEFAULTS, MAX_JOBS, METADATA, TRACE, URL, World

FRAME = ConversionOptions.parse({"cover": "frame"})
LISTED = "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL1234567890abcdef"


@pytest.fixture
def world() -> World:
    return World()


def test_a_new_link_is_to_be_fetched(world: World) -> None:
    """A queued job that names no file yet, announced to the fetchers."""
    job = world.submit(f"{URL}#t=3")
    assert (job.state, job.kind, job.needs_fetch, job.username) == (
        *(State.QUEUED, Kind.MP3, True, ADA),
    )
    assert job.link
    assert (job.link.url, job.link.pixels) == (URL, False)
    assert (job.source.name, job.source.sha256, job.traceparent) == ("Song.mp4", None, TRACE)
    assert world.queued_on(LINK_QUEUE) == [job.fid]
    assert world.jobs.get(job.fid) == job


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example.com/x/A%20talk%2Fb.mkv?quality=1", "b.mkv"),
        ("https://youtu.be/dQw4w9WgXcQ", "watch?v=dQw4w9WgXcQ"),
        ("https://a.example.com/", "a.example.com"),
    ],
)
def test_it_is_called_by_the_end_of_its_address_until_it_is_known(
    world: World, url: str, name: str
) -> None:
    """So that a failure can be told of in words that its sender knows."""
    assert world.submit(url).source.name == name


def test_a_frame_needs_the_pictures(world: World) -> None:
    """The fetcher is told to bring more than the sound."""
    job = world.submit(options=FRAME)
    assert job.link
    assert job.link.pixels


def test_what_was_converted_before_is_ready_at_once(world: World) -> None:
    """Somebody submitted the same link a moment ago: their MP3 is the answer, nobody fetches."""
    owner = world.ready_before(world.remember())
    job = world.submit()
    assert (job.state, job.mp3_fid, job.username) == (State.READY, owner.mp3_fid, ADA)
    assert (job.source.name, job.source.metadata) == ("A song", METADATA)
    assert (world.queued_on(LINK_QUEUE), world.queued_on(MP3_QUEUE)) == ([], [job.fid])


def test_what_a_site_may_have_changed_is_asked(world: World) -> None:
    """After LINK_FRESH_SECONDS the fetcher looks again."""
    world.ready_before(world.remember())
    world.now += timedelta(hours=1)
    assert world.submit().state is State.QUEUED


def test_other_options_are_another_mp3(world: World) -> None:
    """The link is known, its MP3 is not: the fetcher finds the file in the cache."""
    world.ready_before(world.remember())
    job = world.submit(options=ConversionOptions.parse({"quality": "V9"}))
    assert (job.state, job.needs_fetch, job.result_key) == (State.QUEUED, True, key_of(job))
    assert world.queued_on(LINK_QUEUE) == [job.fid]


def test_another_checksum_than_was_found_is_left_to_the_fetcher(world: World) -> None:
    """It brings the file and compares; the one that is known needs no question."""
    cached = world.remember()
    world.ready_before(cached)
    assert world.submit(sha256="cd" * 32).state is State.QUEUED
    world.now += timedelta(hours=2)
    assert world.submit(sha256=cached.sha256).state is State.READY


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("not a link", "invalid_url"),
        ("ftp://a.example.com/x.mp4", "url_not_allowed"),
        ("http://127.0.0.1/x.mp4", "url_not_allowed"),
        ("http://user:pass@a.example.com/x.mp4", "url_not_allowed"),
        ("https://www.youtube.com/playlist?list=PL1234567890abcdef", "invalid_url"),
    ],
)
def test_what_is_refused(world: World, url: str, code: str) -> None:
    """Before anything is stored."""
    assert world.refusal(url) == code
    assert not world.jobs.newest(None, 10)


def test_a_video_that_is_known_not_to_exist(world: World) -> None:
    """Its site said so a while ago, and is not asked."""
    world.missing("https://youtu.be/dQw4w9WgXcQ")
    assert world.refusal("https://m.youtube.com/watch?v=dQw4w9WgXcQ") == "video_does_not_exist"
    world.now += timedelta(hours=2)
    assert world.submit("https://youtu.be/dQw4w9WgXcQ").state is State.QUEUED


def test_the_same_key_is_the_same_job(world: World) -> None:
    """However the address is written; another link, checksum or option is a mistake."""
    job = world.submit("https://youtu.be/dQw4w9WgXcQ", key="k")
    assert world.submit("https://www.youtube.com/shorts/dQw4w9WgXcQ", key="k").fid == job.fid
    assert world.refusal(URL, key="k") == "idempotency_key_reused"
    assert (
        world.refusal("https://youtu.be/dQw4w9WgXcQ", key="k", options=FRAME)
        == "idempotency_key_reused"
    )
    assert (
        world.refusal("https://youtu.be/dQw4w9WgXcQ", key="k", sha256="ab" * 32)
        == "idempotency_key_reused"
    )
    assert world.refusal(URL, key="no key") == "invalid_idempotency_key"


def test_unfinished_jobs_are_limited_as_for_uploads(world: World) -> None:
    """No way around the limit."""
    for number in range(MAX_JOBS):
        world.submit(f"https://a.example.com/{number}.mp4")
    assert world.refusal() == "too_many_jobs"


def test_a_queue_that_is_away_is_no_error(world: World) -> None:
    """The job is durable; the sweeper announces it."""
    world.publisher.down = True
    assert world.jobs.get(world.submit().fid)


def test_a_video_in_a_list_is_the_list_where_a_list_is_asked_for(world: World) -> None:
    """And the video where a video is."""
    playlist = world.links.playlist(LISTED, DEFAULTS)
    assert playlist.url == "https://www.youtube.com/playlist?list=PL1234567890abcdef"
    assert world.links.video(LISTED).key == "youtube:dQw4w9WgXcQ"
    sender = Sender(ADA, TRACE, None)
    job = world.links.accept(sender, playlist, DEFAULTS, Kind.PLAYLIST)
    assert (job.kind, job.needs_fetch) == (Kind.PLAYLIST, True)
