"""What becomes of one link: fetched, or taken from the cache, or refused; and nothing is left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import moves
from chassis.errors import Permanent, Retryable, StoreUnavailable, UnknownJob
from chassis.jobs import Failure, Job, Kind, State, new_fid
from chassis.messages import LINK_QUEUE, MP3_QUEUE, VIDEO_QUEUE, JobMessage
from chassis.options import ConversionOptions
from tests import sample_jobs
from tests.sample_jobs import FACTS, NOW, POLICY, RESULT
from tests.unit.fetcher.works import (
    MEMORY,
    METADATA,
    PICTURE,
    URL,
    VIDEO,
    Works,
    sha256_of,
)

GONE = Permanent("video_unavailable", "The site does not have this video (any more).")


@pytest.fixture
def works() -> Works:
    return Works()


def converted(works: Works, job: Job) -> Job:
    """A converter makes the MP3, and lets go of the source."""
    assert works.jobs.update(
        job.fid, lambda job: moves.claimed(job, "converter", "c" * 24, POLICY, works.now)
    )
    attempt = moves.Attempt("converter", 1)
    ready = works.jobs.update(
        job.fid,
        lambda job: moves.completed(
            job, attempt, RESULT, FACTS, POLICY, works.now, keep_source=False
        ),
    )
    assert ready is not None
    return ready


def evicted(works: Works) -> None:
    """The cache lets go of everything, and nobody else has it."""
    for content in works.cache.least_recently_used(100):
        assert works.cache.remove(content)
        works.videos.delete(content.video_fid)


def test_a_link_becomes_a_source_that_waits_for_a_converter(works: Works) -> None:
    """Its size, hash, name, what the site says of it, its picture; and attempts of its own."""
    job = works.handle(works.submit())
    assert (job.state, job.attempts, job.fetches) == (State.QUEUED, 0, None)
    assert (job.source.name, job.source.size) == ("Song", len(VIDEO))
    assert job.source.sha256 == sha256_of(VIDEO)
    assert job.source.metadata == replace(METADATA, picture_sha256=sha256_of(PICTURE))
    assert job.video_fid is not None
    assert job.picture_fid is not None
    assert works.videos.files == {job.video_fid: VIDEO, job.picture_fid: PICTURE}
    assert works.told(VIDEO_QUEUE) == [job.fid]
    assert job.result_key is not None
    assert not job.adopting


def test_a_link_without_a_picture_names_none(works: Works) -> None:
    """The id that was named for it is let go."""
    works.site.picture = None
    job = works.handle(works.submit())
    assert job.picture_fid is None
    assert works.stored() == [VIDEO]


def test_a_second_submission_is_answered_from_the_cache(works: Works) -> None:
    """While it is fresh the site is not asked at all; the same files, stored once."""
    first = works.handle(works.submit())
    second = works.handle(works.submit(options=ConversionOptions(quality=7)))
    assert works.site.asked == [URL]
    assert (second.video_fid, second.picture_fid) == (first.video_fid, first.picture_fid)
    assert second.source == first.source
    assert works.stored() == [PICTURE, VIDEO]
    assert works.told(VIDEO_QUEUE) == [first.fid, second.fid]


def test_what_is_not_fresh_is_asked_for_once_more(works: Works) -> None:
    """The site says that it has not changed: nothing is fetched, and it is believed anew."""
    first = works.handle(works.submit())
    works.now += MEMORY.fresh
    second = works.handle(works.submit(options=ConversionOptions(quality=7)))
    third = works.handle(works.submit(options=ConversionOptions(quality=8)))
    assert works.site.asked == [URL, f"{URL} since 1"]
    assert first.video_fid == second.video_fid == third.video_fid
    assert works.stored() == [PICTURE, VIDEO]


def test_what_has_changed_is_fetched(works: Works) -> None:
    """The new content is another file; the next submission gets that."""
    first = works.handle(works.submit())
    works.now += MEMORY.fresh
    works.site.version, works.site.content = "2", b"another video"
    second = works.handle(works.submit())
    third = works.handle(works.submit(options=ConversionOptions(quality=8)))
    assert second.video_fid == third.video_fid != first.video_fid
    assert second.source.sha256 == sha256_of(b"another video")
    assert works.stored() == [b"another video", PICTURE, VIDEO]
    assert len(works.site.asked) == 2


def test_content_that_another_link_led_to_is_stored_once(works: Works) -> None:
    """The second copy goes as soon as it is known for one."""
    first = works.handle(works.submit())
    second = works.handle(works.submit(f"{URL}/mirror"))
    assert len(works.site.asked) == 2
    assert (second.video_fid, second.picture_fid) == (first.video_fid, first.picture_fid)
    assert works.stored() == [PICTURE, VIDEO]


def test_an_mp3_that_is_there_answers_a_link(works: Works) -> None:
    """Also where the content is gone from the cache: nothing is fetched, its owner is told."""
    first = converted(works, works.handle(works.submit()))
    evicted(works)
    works.now += MEMORY.fresh
    second = works.handle(works.submit())
    assert (second.state, second.mp3_fid) == (State.READY, first.mp3_fid)
    assert works.site.asked == [URL, f"{URL} since 1"]
    assert works.told(MP3_QUEUE) == [second.fid]
    assert not works.videos.files


def test_what_is_gone_from_the_cache_is_fetched_again(works: Works) -> None:
    """Fresh or not: the site is not even asked whether it changed."""
    works.handle(works.submit())
    evicted(works)
    second = works.handle(works.submit(options=ConversionOptions(quality=7)))
    assert works.site.asked == [URL, URL]
    assert works.stored() == [PICTURE, VIDEO]
    assert second.video_fid in works.videos.files


def test_what_goes_from_the_cache_while_its_site_is_asked_is_fetched(works: Works) -> None:
    """The site says that nothing changed, and there is nothing any more: it is asked for it."""
    works.handle(works.submit())
    works.now += MEMORY.fresh
    works.site.meanwhile = lambda: evicted(works)
    second = works.handle(works.submit(options=ConversionOptions(quality=7)))
    assert works.site.asked == [URL, f"{URL} since 1", URL]
    assert second.video_fid in works.videos.files


def test_a_wrong_checksum_is_refused_and_nothing_is_stored(works: Works) -> None:
    """Neither the file nor anything about the link; the next one is fetched."""
    job = works.handle(works.submit(sha256="ab" * 32))
    assert job.state is State.FAILED
    assert job.failure
    assert job.failure.code == "checksum_mismatch"
    assert not works.videos.files
    assert works.cache.link(URL) is None
    assert works.cache.content(sha256_of(VIDEO)) is None
    assert works.handle(works.submit()).has_source


def test_the_right_checksum_is_taken_from_the_cache_however_old(works: Works) -> None:
    """The content is what was asked for: its site has nothing to say."""
    works.handle(works.submit())
    works.now += 2 * MEMORY.fresh
    job = works.handle(works.submit(kind=Kind.MEDIA, sha256=sha256_of(VIDEO).upper()))
    assert job.state is State.READY
    assert works.site.asked == [URL]


def test_another_checksum_than_the_cached_one_asks_the_site(works: Works) -> None:
    """It may have changed to that; where it says that it has not, the job fails without a fetch."""
    works.handle(works.submit())
    job = works.handle(works.submit(sha256="ab" * 32))
    assert job.failure
    assert job.failure.code == "checksum_mismatch"
    assert works.site.asked == [URL, f"{URL} since 1"]
    assert works.stored() == [PICTURE, VIDEO]


def test_a_job_for_the_cache_ends_with_the_file_in_it(works: Works) -> None:
    """Ready, without MP3 and mail; the cache names the file, the job does not."""
    job = works.handle(works.submit(kind=Kind.MEDIA))
    assert (job.state, job.video_fid, job.mp3_fid) == (State.READY, None, None)
    assert job.source.sha256 == sha256_of(VIDEO)
    content = works.cache.content(sha256_of(VIDEO))
    assert content is not None
    assert works.videos.files[content.video_fid] == VIDEO
    assert works.publisher.published == []


def test_a_video_that_does_not_exist_is_asked_for_once(works: Works) -> None:
    """Until the answer's time is over; then it is asked again."""
    works.site.error = GONE
    first, second = works.submit(), works.submit()
    for job in (first, second):
        assert works.handle(job).failure == Failure(GONE.code, GONE.detail)
    assert works.site.asked == [URL]
    assert not works.videos.files
    works.now += MEMORY.missing
    works.site.error = None
    assert works.handle(works.submit()).has_source


def test_a_video_that_has_gone_is_not_believed_any_more(works: Works) -> None:
    """What the link led to is forgotten; the content stays for whoever names its checksum."""
    works.handle(works.submit())
    works.now += MEMORY.fresh
    works.site.error = GONE
    works.site.version = "2"
    assert works.handle(works.submit()).state is State.FAILED
    assert works.cache.link(URL) is None
    assert works.cache.content(sha256_of(VIDEO)) is not None


def test_that_a_video_exists_is_remembered_with_its_title(works: Works) -> None:
    """For the gateway's check of a link, which asks nobody."""
    works.handle(works.submit())
    asked = works.cache.asked(URL)
    assert asked is not None
    assert (asked.failure, asked.title) == (None, "Song")
    assert asked.expires_at == works.now + MEMORY.exists


def test_a_site_that_fails_is_tried_again_later(works: Works) -> None:
    """As often as the policy says, then the job has failed; nothing is stored between."""
    works.site.error = Retryable("site_unavailable", "The site does not answer.")
    job = works.submit()
    for number in range(1, POLICY.max_attempts + 1):
        after = works.handle(job)
        assert (after.attempts, after.video_fid) == (number, None)
        assert not works.videos.files
        works.now += timedelta(hours=1)
    assert after.state is State.FAILED
    assert after.failure
    assert after.failure.code == "site_unavailable"
    assert works.told(MP3_QUEUE) == [job.fid]


def test_what_nobody_expected_counts_as_a_failed_attempt(works: Works) -> None:
    """And leaves nothing behind."""
    works.site.error = RuntimeError("a mistake of ours")
    after = works.handle(works.submit())
    assert after.last_error
    assert (after.state, after.last_error.code) == (State.QUEUED, "internal")
    assert not works.videos.files


def test_a_failed_job_for_the_cache_stays_visible(works: Works) -> None:
    """There is no mail about it: who asked for it looks at the job, which has to be there then."""
    works.site.error = Permanent("too_large", "It is too large.")
    after = works.handle(works.submit(kind=Kind.MEDIA))
    assert after.state is State.FAILED
    assert after.due_at == works.now + POLICY.job_retention
    assert works.told(MP3_QUEUE) == []


def test_a_fetch_that_is_told_to_stop_is_given_back(works: Works) -> None:
    """It does not count, nothing is left of it, and others are told at once."""
    works.site.meanwhile = works.hurry.set
    job = works.handle(works.submit())
    assert (job.state, job.attempts, job.video_fid) == (State.QUEUED, 0, None)
    assert works.told(LINK_QUEUE) == [job.fid]
    assert not works.videos.files


@pytest.mark.parametrize("kind", [Kind.MP3, Kind.MEDIA])
def test_a_late_fetch_changes_nothing(works: Works, kind: Kind) -> None:
    """Another has the job since its lease was over: what the late one stored goes."""
    job = works.submit(kind=kind)

    def meanwhile() -> None:
        works.now += 2 * POLICY.lease
        works.site.content, works.site.version = b"of the successor", "2"
        works.handle(job, fetcher=1)

    works.site.meanwhile = meanwhile
    works.site.content = VIDEO
    after = works.handle(job)
    assert after.source.sha256 == sha256_of(b"of the successor")
    assert sha256_of(VIDEO) not in {entry.sha256 for entry in works.cache.least_recently_used(9)}
    assert works.stored() == [PICTURE, b"of the successor"]
    known = works.cache.link(URL)
    assert known is not None
    assert known.sha256 == sha256_of(b"of the successor")


def test_a_cancelled_job_leaves_nothing(works: Works) -> None:
    """Its owner cancels it in the middle: it stays cancelled, and nothing is stored."""
    job = works.submit()
    works.site.meanwhile = lambda: works.jobs.update(
        job.fid, lambda job: moves.cancelled(job, POLICY, works.now)
    )
    assert works.handle(job).state is State.CANCELLED
    assert not works.videos.files
    assert works.cache.total_bytes() == 0


def test_a_job_that_died_is_done_again_by_another(works: Works) -> None:
    """After its lease; what the first one left is named by nobody."""
    job = works.submit()
    works.jobs.update(job.fid, lambda _: replace(sample_jobs.fetching(), fid=job.fid))
    assert works.handle(job).state is State.FETCHING
    works.now += POLICY.lease + timedelta(seconds=1)
    after = works.handle(job)
    assert after.has_source
    assert works.site.asked == [URL]


def test_messages_about_what_is_not_to_be_fetched(works: Works) -> None:
    """An unknown job is a dead letter; one that is fetched already is left alone."""
    with pytest.raises(UnknownJob):
        works.fetchers[0].handle(JobMessage(new_fid(), "ada@example.com"))
    job = works.handle(works.submit())
    assert works.handle(job) == job


def test_a_store_that_goes_away_leaves_the_job_to_its_lease(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be written down: the message is given back, and the job is done again later."""
    job = works.submit()

    def go_away() -> None:
        def away(*_arguments: object) -> None:
            raise StoreUnavailable("away")

        monkeypatch.setattr(works.jobs, "update", away)

    works.site.meanwhile = go_away
    with pytest.raises(StoreUnavailable):
        works.fetchers[0].handle(JobMessage.about(job))
    monkeypatch.undo()
    works.now += POLICY.lease
    assert works.handle(job).has_source
    assert works.now > NOW
