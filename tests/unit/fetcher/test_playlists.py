"""A playlist becomes a job for each of its videos, once."""

import pytest

from chassis.errors import Permanent, Retryable
from chassis.jobs import Job, Kind, State, is_fid, new_fid
from chassis.messages import LINK_QUEUE, MP3_QUEUE
from chassis.moves import cancelled
from chassis.options import ConversionOptions
from chassis.ports import KeyTaken
from chassis.sources import Link
from fetcher.playlists import entry_fid
from fetcher.ports import Entry, Playlist
from tests.sample_jobs import POLICY
from tests.unit.fetcher.works import URL, Works

OPTIONS = ConversionOptions(quality=7)
TRACE = "00-" + "1" * 32 + "-" + "2" * 16 + "-01"


@pytest.fixture
def works() -> Works:
    works = Works()
    works.site.playlist = Playlist(
        "Songs", tuple(Entry(f"{URL}/{number}", f"Song {number}") for number in range(3))
    )
    return works


def a_playlist(works: Works) -> Job:
    return works.submit(
        kind=Kind.PLAYLIST,
        options=OPTIONS,
        traceparent=TRACE,
        link=Link(URL, URL, pixels=True),
        username="bob@example.com",
    )


def test_each_video_becomes_a_job(works: Works) -> None:
    """With the playlist's options, owner and trace; in its batch, at its place; and it is told."""
    playlist = a_playlist(works)
    after = works.handle(playlist)
    assert (after.state, after.source.name, after.video_fid) == (State.READY, "Songs", None)
    assert after.mail.settled
    entries = works.jobs.in_batch(playlist.fid)
    assert [job.source.name for job in entries] == ["Song 0", "Song 1", "Song 2"]
    for number, job in enumerate(entries):
        assert (job.state, job.kind, job.options) == (State.QUEUED, Kind.MP3, OPTIONS)
        assert (job.username, job.traceparent) == ("bob@example.com", TRACE)
        assert job.link == Link(f"{URL}/{number}", f"{URL}/{number}", pixels=True)
        assert job.needs_fetch
    assert works.told(LINK_QUEUE) == [job.fid for job in entries]
    assert all(works.handle(job).has_source for job in entries)


def test_a_playlist_that_is_listed_twice_makes_each_job_once(works: Works) -> None:
    """Its fetcher died before the end: what is there stays as it is, what is missing is made."""
    playlist = a_playlist(works)
    inserted: list[Job] = []

    def dies(job: Job) -> None:
        if len(inserted) == 2:
            raise KeyTaken  # anything that nobody expects
        insert(job)
        inserted.append(job)

    insert = works.jobs.insert
    works.jobs.insert = dies  # type: ignore[method-assign]  # for this one test
    assert works.handle(playlist).state is State.QUEUED
    works.jobs.insert = insert  # type: ignore[method-assign]  # as it was
    first = works.handle(inserted[0])
    works.now += POLICY.retry_delays[0]
    works.handle(playlist)
    entries = works.jobs.in_batch(playlist.fid)
    assert entries[:2] == [first, works.now_is(inserted[1])]
    assert len(entries) == 3


def test_a_playlist_that_is_cancelled_while_it_is_listed_leaves_nothing_to_do(works: Works) -> None:
    """Its owner saw none of its videos yet, and so could not cancel them."""
    playlist = a_playlist(works)

    def cancels(job: Job) -> None:
        insert(job)
        works.jobs.update(playlist.fid, lambda found: cancelled(found, POLICY, works.now))

    insert = works.jobs.insert
    works.jobs.insert = cancels  # type: ignore[method-assign]  # for this one test
    assert works.handle(playlist).state is State.CANCELLED
    states = [job.state for job in works.jobs.in_batch(playlist.fid)]
    assert states == [State.CANCELLED] * 3


def test_no_more_than_the_limit(works: Works) -> None:
    """Of a long playlist the first ones are taken."""
    works.site.playlist = Playlist(None, tuple(Entry(f"{URL}/{n}") for n in range(9)))
    playlist = a_playlist(works)
    assert works.handle(playlist).source.name == playlist.source.name
    names = [job.source.name for job in works.jobs.in_batch(playlist.fid)]
    assert names == [f"{URL}/0", f"{URL}/1", f"{URL}/2"]


def test_an_entry_that_leads_where_it_must_not_has_failed(works: Works) -> None:
    """It is never followed; the others are fetched."""
    works.site.playlist = Playlist("Songs", (Entry("http://cellar/"), Entry(f"{URL}/1")))
    playlist = a_playlist(works)
    works.handle(playlist)
    bad, good = works.jobs.in_batch(playlist.fid)
    assert bad.failure
    assert (bad.state, bad.failure.code) == (State.FAILED, "url_not_allowed")
    assert (works.told(MP3_QUEUE), works.told(LINK_QUEUE)) == ([bad.fid], [good.fid])


@pytest.mark.parametrize(
    ("error", "code"),
    [(None, "no_media"), (Permanent("login_required", "It wants a login."), "login_required")],
    ids=["empty", "refused"],
)
def test_a_playlist_that_cannot_be_listed_fails(
    works: Works, error: Exception | None, code: str
) -> None:
    """Its owner is told, as of every job."""
    works.site.playlist = Playlist("Songs", ())
    works.site.error = error
    after = works.handle(a_playlist(works))
    assert after.failure
    assert after.failure.code == code
    assert works.told(MP3_QUEUE) == [after.fid]


def test_a_playlist_whose_site_does_not_answer_is_tried_again(works: Works) -> None:
    """Nothing is made of it meanwhile."""
    works.site.error = Retryable("site_unavailable", "It does not answer.")
    playlist = a_playlist(works)
    assert works.handle(playlist).state is State.QUEUED
    assert works.jobs.in_batch(playlist.fid) == []


def test_a_playlist_that_is_given_back_is_listed_again(works: Works) -> None:
    """A fetcher that stops makes no jobs any more."""
    works.site.meanwhile = works.hurry.set
    playlist = a_playlist(works)
    after = works.handle(playlist)
    assert (after.state, after.attempts) == (State.QUEUED, 0)
    assert works.jobs.in_batch(playlist.fid) == []


def test_an_entrys_fid_is_its_own() -> None:
    """Of its batch and its place; in the form of every other fid."""
    batch, other = new_fid(), new_fid()
    fids = {entry_fid(batch_id, place) for batch_id in (batch, other) for place in range(100)}
    assert len(fids) == 200
    assert all(map(is_fid, fids))
    assert entry_fid(batch, 7) == entry_fid(batch, 7)
