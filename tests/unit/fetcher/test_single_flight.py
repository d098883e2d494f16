"""Jobs whose links lead to the same: the site is asked once, whatever comes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import Permanent, Retryable, StoreUnavailable
from chassis.jobs import Job, Kind, State
from chassis.media_cache import AskedSite, CachedLink
from chassis.messages import LINK_QUEUE, MP3_QUEUE, VIDEO_QUEUE
from chassis.options import ConversionOptions
from chassis.sources import Link
from tests.sample_jobs import POLICY
from tests.unit.fetcher.works import URL, VIDEO, Works, sha256_of


@pytest.fixture
def works() -> Works:
    return Works()


def waiting_for_it(works: Works, *jobs: Job) -> None:
    """While the site sends the video, messages about these come to another fetcher."""

    def meanwhile() -> None:
        for job in jobs:
            before = works.now_is(job)
            after = works.handle(job, fetcher=1)
            assert (after.state, after.attempts) == (State.QUEUED, before.attempts)

    works.site.meanwhile = meanwhile


def test_jobs_that_wait_get_what_the_first_has_fetched(works: Works) -> None:
    """One request, whoever sent the links; each of them goes on at once; waiting is no attempt."""
    leader = works.submit()
    others = [works.submit(username="bob@example.com"), works.submit(kind=Kind.MEDIA)]
    waiting_for_it(works, *others)
    first = works.handle(leader)
    second, third = map(works.now_is, others)
    assert works.site.asked == [URL]
    assert first.video_fid == second.video_fid
    assert third.state is State.READY
    assert works.told(VIDEO_QUEUE) == [leader.fid, second.fid]


def test_who_waits_is_looked_at_when_the_leaders_lease_is_over(works: Works) -> None:
    """Its fetcher may have died with it."""
    leader, follower = works.submit(), works.submit()

    def meanwhile() -> None:
        lease = works.now_is(leader).lease
        assert lease is not None
        assert works.handle(follower, fetcher=1).due_at == lease.expires_at

    works.site.meanwhile = meanwhile
    works.handle(leader)


def test_a_refusal_of_the_site_reaches_all_that_wait(works: Works) -> None:
    """Whatever it is: they fail for the same reason, each owner is told, the site is asked once."""
    leader, follower, quiet = works.submit(), works.submit(), works.submit(kind=Kind.MEDIA)
    waiting_for_it(works, follower, quiet)
    works.site.error = Permanent("login_required", "The site wants a login.")
    first = works.handle(leader)
    assert first.failure is not None
    for job in (follower, quiet):
        assert works.now_is(job).failure == first.failure
    assert works.site.asked == [URL]
    assert works.told(MP3_QUEUE) == [leader.fid, follower.fid]


def test_a_wrong_checksum_says_nothing_of_others(works: Works) -> None:
    """The oldest that waits is tried on its own account."""
    leader, follower, third = works.submit(sha256="ab" * 32), works.submit(), works.submit()
    waiting_for_it(works, follower, third)
    works.handle(leader)
    assert works.told(LINK_QUEUE) == [follower.fid]
    assert works.handle(follower).has_source
    assert works.now_is(third).has_source
    assert works.site.asked == [URL, URL]


def test_a_leader_without_attempts_left_hands_over(works: Works) -> None:
    """The site did not answer it; the next one asks for itself."""
    leader = works.submit(attempts=POLICY.max_attempts - 1)
    follower = works.submit()
    waiting_for_it(works, follower)
    works.site.error = Retryable("site_unavailable", "The site does not answer.")
    assert works.handle(leader).state is State.FAILED
    assert works.told(LINK_QUEUE) == [follower.fid]


def test_a_leader_that_waits_for_its_next_attempt_lets_others_lead(works: Works) -> None:
    """And gets what they have fetched, without waiting for its time."""
    leader, follower = works.submit(), works.submit()
    works.site.error = Retryable("site_unavailable", "The site does not answer.")
    works.handle(leader)
    works.site.error = None
    works.now += timedelta(seconds=1)
    assert works.handle(follower).has_source
    assert works.now_is(leader).state is State.QUEUED
    works.now += POLICY.retry_delays[0]
    assert works.handle(leader).video_fid == works.now_is(follower).video_fid
    assert works.site.asked == [URL, URL]


def test_the_pictures_of_a_video_are_fetched_for_themselves(works: Works) -> None:
    """Sound alone does not answer a job that needs the pictures too."""
    sound, pictures = works.submit(), works.submit(link=Link(URL, URL, pixels=True))

    def meanwhile() -> None:
        works.site.content = b"with pictures"
        works.handle(pictures, fetcher=1)
        works.site.content = VIDEO

    works.site.meanwhile = meanwhile
    assert works.handle(sound).source.sha256 == sha256_of(VIDEO)
    assert works.now_is(pictures).source.sha256 == sha256_of(b"with pictures")
    assert works.site.asked == [URL, URL]


def test_a_playlist_is_not_refused_for_a_video(works: Works) -> None:
    """What a page is asked for differs: as a video it may have none."""
    leader, playlist = works.submit(), works.submit(kind=Kind.PLAYLIST)
    waiting_for_it(works, playlist)
    works.site.error = Permanent("playlist", "This is a playlist.")
    assert works.handle(leader).state is State.FAILED
    assert works.now_is(playlist).state is State.QUEUED


def test_when_told_to_stop_the_others_are_left_to_the_sweeper(works: Works) -> None:
    """What is fetched is fetched; nothing else is begun."""
    leader, follower = works.submit(), works.submit()
    waiting_for_it(works, follower)
    remember = works.cache.remember_link

    def stop(link: CachedLink) -> None:
        works.hurry.set()
        remember(link)

    works.cache.remember_link = stop  # type: ignore[method-assign]  # for this one test
    assert works.handle(leader).has_source
    assert not works.now_is(follower).has_source


def test_a_store_that_goes_away_leaves_them_waiting(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leader has its source all the same."""
    leader, follower = works.submit(), works.submit()
    waiting_for_it(works, follower)

    def away(*_arguments: object) -> list[Job]:
        raise StoreUnavailable("away")

    remember = works.cache.remember_asked

    def then_away(asked: AskedSite) -> None:
        remember(asked)
        monkeypatch.setattr(works.jobs, "with_link_key", away)

    monkeypatch.setattr(works.cache, "remember_asked", then_away)
    assert works.handle(leader).has_source
    monkeypatch.undo()
    assert works.handle(follower).has_source
    assert works.site.asked == [URL]


def test_each_gets_the_mp3_of_its_own_options(works: Works) -> None:
    """What they share is the source."""
    leader = works.submit()
    follower = works.submit(options=replace(ConversionOptions(), quality=7))
    waiting_for_it(works, follower)
    first, second = works.handle(leader), works.now_is(follower)
    assert first.video_fid == second.video_fid
    assert first.result_key != second.result_key
