"""The promises of chassis.media_cache.MediaCache."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from chassis.jobs import Failure, now_utc
from chassis.media_cache import AskedSite, CachedContent, CachedLink, MediaCache
from chassis.ports import JobStore
from chassis.sources import Chapter, Metadata
from tests import sample_jobs

NOW = now_utc()
HOUR = timedelta(hours=1)
GONE = Failure("video_unavailable", "The site does not have this video (any more).")


def a_link(fetch_key: str = "https://example.com/a", **changes: object) -> CachedLink:
    link = CachedLink(
        fetch_key=fetch_key,
        url="https://example.com/a",
        sha256="ab" * 32,
        size=7,
        name="映画.webm",
        content_type="video/webm",
        checked_at=NOW,
        expires_at=NOW + HOUR,
        metadata=Metadata(title="映画", chapters=(Chapter(1.5, "Two"),), picture_sha256="cd" * 32),
        etag='"1"',
        version="251-1763",
    )
    return replace(link, **changes)  # type: ignore[arg-type]  # of any field


def a_content(sha256: str | None = None, **changes: object) -> CachedContent:
    media_id = sample_jobs.a_media_id()
    content = CachedContent(sha256 or secrets.token_hex(32), 7, media_id, NOW, NOW)
    return replace(content, **changes)  # type: ignore[arg-type]  # of any field


def put_in(cache: MediaCache, content: CachedContent) -> CachedContent:
    assert cache.keep(content) == content
    assert cache.confirm(content)
    return content


def test_a_link_comes_back_as_it_was_remembered(media_cache: MediaCache) -> None:
    """Nothing of it is lost or changed; what is remembered later takes its place."""
    assert media_cache.link("https://example.com/a") is None
    media_cache.remember_link(a_link())
    assert media_cache.link("https://example.com/a") == a_link()
    later = a_link(sha256="ef" * 32, metadata=None, etag=None, last_modified="yesterday")
    media_cache.remember_link(later)
    assert media_cache.link("https://example.com/a") == later
    assert media_cache.link("https://example.com/a pixels") is None


def test_a_link_is_forgotten_when_told_and_at_its_time(media_cache: MediaCache) -> None:
    """Whether anything was known of it or not."""
    media_cache.remember_link(a_link("told"))
    media_cache.remember_link(a_link("over", expires_at=NOW))
    for fetch_key in ("told", "never there"):
        media_cache.forget_link(fetch_key)
    assert media_cache.link("told") is None
    assert media_cache.link("over") is None


def test_what_a_site_said_is_believed_until_its_time(media_cache: MediaCache) -> None:
    """That there is a video, and that there is none; the later answer counts."""
    missing = AskedSite("youtube:abc", NOW + HOUR, failure=GONE)
    media_cache.remember_asked(missing)
    assert media_cache.asked("youtube:abc") == missing
    there = AskedSite("youtube:abc", NOW + HOUR, title="Song")
    media_cache.remember_asked(there)
    assert media_cache.asked("youtube:abc") == there
    media_cache.remember_asked(AskedSite("youtube:abc", NOW, failure=GONE))
    assert media_cache.asked("youtube:abc") is None
    assert media_cache.asked("youtube:xyz") is None


def test_a_file_is_found_once_it_is_confirmed(media_cache: MediaCache) -> None:
    """Before that nobody finds it, and nothing counts as its use."""
    content = a_content()
    assert media_cache.keep(content) == content
    assert media_cache.content(content.sha256) is None
    assert media_cache.used(content.sha256, NOW + HOUR) is None
    assert media_cache.confirm(content)
    assert media_cache.content(content.sha256) == content


def test_use_is_written_down_and_never_taken_back(media_cache: MediaCache) -> None:
    """Also by a clock that is behind."""
    content = put_in(media_cache, a_content())
    later = replace(content, used_at=NOW + HOUR)
    assert media_cache.used(content.sha256, NOW + HOUR) == later
    assert media_cache.used(content.sha256, NOW) == later
    assert media_cache.content(content.sha256) == later


def test_content_that_is_there_is_not_taken_in_again(media_cache: MediaCache) -> None:
    """Whoever brings it gets the file that is there, which counts as used."""
    first = put_in(media_cache, a_content())
    second = a_content(first.sha256, used_at=NOW + HOUR)
    there = replace(first, used_at=NOW + HOUR)
    assert media_cache.keep(second) == there
    assert not media_cache.confirm(second)
    assert media_cache.content(first.sha256) == there
    assert media_cache.total_bytes() == 7


def test_a_file_that_was_never_confirmed_makes_room(media_cache: MediaCache) -> None:
    """Whoever brought it may be dead; if he is not, he is told that it is not his that is kept."""
    late = a_content()
    media_cache.keep(late)
    content = a_content(late.sha256)
    assert media_cache.keep(content) == content
    assert not media_cache.confirm(late)
    assert media_cache.confirm(content)
    assert media_cache.content(content.sha256) == content
    assert not media_cache.confirm(late)


def test_of_many_who_bring_the_same_one_is_found(media_cache: MediaCache) -> None:
    """Everybody who is told that his is kept brought the one that all find."""
    sha256 = secrets.token_hex(32)

    def bring(_: int) -> str:
        content = a_content(sha256)
        kept = media_cache.keep(content)
        if kept != content:
            return kept.video_fid
        return content.video_fid if media_cache.confirm(content) else ""

    with ThreadPoolExecutor(8) as pool:
        named = set(pool.map(bring, range(32))) - {""}
    found = media_cache.content(sha256)
    assert found is not None
    assert named == {found.video_fid}


def test_a_file_is_let_go_unless_it_was_used(media_cache: MediaCache) -> None:
    """Since it was looked at; one that nobody finds yet is let go too."""
    content = put_in(media_cache, a_content())
    seen = media_cache.least_recently_used(9)
    assert seen == [content]
    used = media_cache.used(content.sha256, NOW + HOUR)
    assert used is not None
    assert not media_cache.remove(seen[0])
    assert media_cache.remove(used)
    assert not media_cache.remove(used)
    assert not media_cache.confirm(content)
    unconfirmed = media_cache.keep(a_content())
    assert media_cache.remove(unconfirmed)
    assert media_cache.total_bytes() == 0


def test_size_and_order_of_use(media_cache: MediaCache) -> None:
    """Of all files, those that nobody finds yet too."""
    assert media_cache.total_bytes() == 0
    contents = [a_content(size=size, used_at=NOW - size * HOUR) for size in (1, 4, 2)]
    for content in contents[:2]:
        put_in(media_cache, content)
    media_cache.keep(contents[2])
    assert media_cache.total_bytes() == 7
    assert media_cache.least_recently_used(9) == [contents[1], contents[2], contents[0]]
    assert media_cache.least_recently_used(1) == [contents[1]]


def test_a_file_that_the_cache_names_is_referenced(
    cached_jobs: tuple[JobStore, MediaCache],
) -> None:
    """From the moment it is kept until it is let go; as one that a job names."""
    jobs, cache = cached_jobs
    content, other = a_content(), a_content()
    job = sample_jobs.fetching()
    assert job.video_fid
    assert job.picture_fid
    jobs.insert(job)
    asked = [content.video_fid, other.video_fid, job.video_fid, job.picture_fid]
    of_the_job = {job.video_fid, job.picture_fid}
    assert jobs.referenced(asked) == of_the_job
    cache.keep(content)
    assert jobs.referenced(asked) == of_the_job | {content.video_fid}
    cache.confirm(content)
    cache.remember_link(a_link(sha256=content.sha256))
    assert jobs.referenced(asked) == of_the_job | {content.video_fid}
    cache.remove(content)
    assert jobs.referenced(asked) == of_the_job
