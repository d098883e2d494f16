"""The cache of links within its limits, on stores in memory."""

import secrets
from datetime import timedelta

import pytest

from chassis import fetch_moves
from chassis.fake_media import FakeMediaStore
from chassis.fake_media_cache import FakeMediaCache
from chassis.fakes import FakeJobStore
from chassis.media_cache import CachedContent
from chassis.moves import Attempt
from chassis.references import delete_unnamed
from sweeper.eviction import BETWEEN_BATCHES, CacheLimits, Eviction
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY

REST = 99.0
DAY = timedelta(days=1)


class Installation:
    """A cache of at most ten bytes, each file of which may be there unused for a day."""

    def __init__(self, *, batch: int = 20) -> None:
        self.now = NOW
        self.cache = FakeMediaCache(lambda: self.now)
        self.jobs, self.videos = FakeJobStore(self.cache), FakeMediaStore()
        self.eviction = Eviction(
            self.cache,
            self.jobs,
            self.videos,
            CacheLimits(10, DAY),
            between_rounds=REST,
            batch=batch,
            clock=lambda: self.now,
        )

    def cached(self, size: int, age: timedelta) -> CachedContent:
        """A file that was used so long ago."""
        then = self.now - age
        content = CachedContent(secrets.token_hex(32), size, self.videos.new_id(), then, then)
        self.videos.files[content.video_fid] = bytes(size)
        assert self.cache.keep(content) == content
        assert self.cache.confirm(content)
        return content

    def files(self) -> set[str]:
        return set(self.videos.files)


def ids(*contents: CachedContent) -> set[str]:
    return {content.video_fid for content in contents}


def test_what_was_used_longest_ago_goes_first() -> None:
    """As much as is needed, and no more."""
    there = Installation()
    _old, newer, newest = (there.cached(4, timedelta(hours=hours)) for hours in (3, 2, 1))
    assert there.eviction.step() == REST
    assert there.files() == ids(newer, newest)
    assert there.cache.total_bytes() == 8


def test_use_counts_not_age() -> None:
    """The file that was stored first stays where it was used last."""
    there = Installation()
    first, second, third = (there.cached(4, timedelta(hours=hours)) for hours in (3, 2, 1))
    there.cache.used(first.sha256, there.now)
    there.eviction.step()
    assert there.files() == ids(first, third)
    assert second.video_fid not in there.videos.files


def test_what_is_not_used_goes_after_its_time() -> None:
    """However much room there is."""
    there = Installation()
    there.cached(1, DAY)
    used = there.cached(1, DAY - timedelta(seconds=1))
    there.eviction.step()
    assert there.files() == ids(used)


def test_a_large_cache_is_emptied_in_batches() -> None:
    """So that due jobs are not kept waiting."""
    there = Installation(batch=2)
    for hours in range(5, 0, -1):
        there.cached(4, timedelta(hours=hours))
    assert there.eviction.step() == BETWEEN_BATCHES
    assert len(there.files()) == 3
    assert there.eviction.step() == REST
    assert len(there.files()) == 2


def test_a_job_under_way_never_loses_its_source() -> None:
    """The cache lets go of it; the file goes with the job, and nobody else finds it meanwhile."""
    there = Installation()
    content = there.cached(11, timedelta(0))
    job = sample_jobs.queued(video_fid=content.video_fid)
    there.jobs.insert(job)
    there.eviction.step()
    assert there.cache.content(content.sha256) is None
    assert there.files() == ids(content)
    assert there.jobs.remove(job)
    delete_unnamed(there.jobs, there.videos, there.files())
    assert not there.files()


@pytest.mark.parametrize("looks_first", [True, False])
def test_a_file_that_is_shared_while_it_is_looked_at_stays(looks_first: bool) -> None:
    """A job names it, then uses it: the sweeper sees one or the other."""
    there = Installation()
    content = there.cached(11, timedelta(hours=1))
    job = sample_jobs.fetching(there.now)
    there.jobs.insert(job)
    attempt = Attempt("fetcher", 1)
    name = there.jobs.update(
        job.fid,
        lambda job: fetch_moves.naming(job, attempt, [content.video_fid], POLICY, there.now),
    )
    assert name is not None
    if looks_first:
        remove = there.cache.remove

        def used_before(content: CachedContent) -> bool:
            assert there.cache.used(content.sha256, there.now) is not None
            return remove(content)

        there.cache.remove = used_before  # type: ignore[method-assign]  # for this one test
    there.eviction.step()
    assert (there.cache.content(content.sha256) is not None) is looks_first
    assert there.files() == ids(content)


def test_a_file_that_nobody_can_find_yet_counts_too() -> None:
    """Its fetcher may have died before it let others find it."""
    there = Installation()
    then = there.now - DAY
    content = CachedContent(secrets.token_hex(32), 4, there.videos.new_id(), then, then)
    there.videos.files[content.video_fid] = bytes(4)
    there.cache.keep(content)
    there.eviction.step()
    assert there.cache.total_bytes() == 0
    assert not there.files()
