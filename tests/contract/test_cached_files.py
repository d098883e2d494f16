"""Files that the cache and jobs share: none is lost to a deletion, in whatever order things happen.

Of one that is shared and one that lets it go, either sees the other.
"""

import itertools
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import cast

from chassis import fetch_moves
from chassis.fake_media import FakeMediaStore
from chassis.fake_media_cache import FakeMediaCache
from chassis.fakes import FakeJobStore, FakePublisher
from chassis.jobs import Job, State
from chassis.media_cache import CachedContent, CachedLink, MediaCache
from chassis.moves import Attempt
from chassis.ports import JobStore, StoredMedia
from chassis.sources import Source
from chassis.steps import Steps
from fetcher.keeping import Keeping
from fetcher.ports import Stopped
from tests import sample_jobs
from tests.interleaving import Interleaved
from tests.sample_jobs import NOW, POLICY

HASH = "ab" * 32
ATTEMPT = Attempt("fetcher", 1)
SOURCE = Source("Song", 7, HASH)
LINK = CachedLink("key", "url", HASH, 7, "Song", "video/webm", NOW, NOW + POLICY.job_retention)


class Stored:
    """A video in the cache, and whoever is about to share it or to let it go."""

    def __init__(self, jobs: JobStore, cache: MediaCache) -> None:
        self.jobs = jobs
        self.cache = cache
        self.videos = FakeMediaStore()
        self.adopter = sample_jobs.fetching()
        jobs.insert(self.adopter)

    def cached(self) -> CachedContent:
        """A file that all find in the cache."""
        media_id = self.videos.new_id()
        self.videos.files[media_id] = b"a video"
        content = CachedContent(HASH, 7, media_id, NOW, NOW)
        self.cache.keep(content)
        assert self.cache.confirm(content)
        return content

    def adopted(self, content: CachedContent | None, files: str | None = None) -> Iterator[None]:
        """What a fetcher does who shares a file, as three steps."""
        found = self.cache.content(HASH)
        fid = found.video_fid if found else self.videos.new_id()
        named = self._moved(fetch_moves.naming, files=[fid]) if found else None
        yield
        still = self.cache.used(HASH, NOW)
        yield
        if named and still and still.video_fid == fid:
            self._moved(fetch_moves.fetched, source=SOURCE, video_fid=fid)
        yield

    def adopter_is_sound(self) -> bool:
        """Whether the job that has a source has it, and no file is left that nobody names."""
        job = self.jobs.get(self.adopter.fid)
        assert job is not None
        return not job.has_source or job.video_fid in self.videos.files

    def _moved(self, move: object, **named: object) -> Job | None:
        return Steps(self.jobs, FakePublisher(), POLICY, lambda: NOW).moved(
            self.adopter.fid,
            move,  # type: ignore[arg-type]  # one of chassis.fetch_moves
            None,
            attempt=ATTEMPT,
            **named,
        )


def test_sharing_and_evicting_in_every_order(
    cached_jobs: tuple[JobStore, MediaCache],
) -> None:
    """A file is shared or deleted, never both; both happens."""
    jobs, cache = cached_jobs
    outcomes = set()
    for places in itertools.combinations_with_replacement(range(5), 3):
        there = Stored(jobs, cache)
        content = there.cached()
        evicting = evicted(jobs, cache, there.videos, content)
        interleaved = Interleaved(jobs, evicting, places)
        steps = Steps(cast(JobStore, interleaved), FakePublisher(), POLICY, lambda: NOW)
        keeping = Keeping(cast(MediaCache, interleaved.beside(cache)), steps, lambda: NOW)
        files = keeping.shared(there.adopter, ATTEMPT, LINK)
        if files:
            assert steps.moved(
                there.adopter.fid,
                fetch_moves.fetched,
                attempt=ATTEMPT,
                source=SOURCE,
                video_fid=files.video_fid,
            )
        interleaved.advance(places[-1])
        outcomes.add(files is not None)
        assert there.adopter_is_sound(), places
        if files is None:
            assert not cache.content(HASH), places
        for job in jobs.newest(None, 10):
            assert jobs.remove(job)
        for left in cache.least_recently_used(10):
            assert cache.remove(left)
    assert outcomes == {True, False}


def evicted(
    jobs: JobStore, cache: MediaCache, videos: FakeMediaStore, content: CachedContent
) -> Iterator[None]:
    """What the sweeper does, as three steps."""
    removed = cache.remove(content)
    yield
    left = {content.video_fid} - jobs.referenced([content.video_fid]) if removed else set()
    yield
    delete(videos, left)
    yield


def delete(videos: FakeMediaStore, media_ids: Collection[str]) -> None:
    for media_id in media_ids:
        videos.delete(media_id)


class SplitStores:
    """Jobs and cache of which a deleter asks one after the other, as MongoJobStore does."""

    def __init__(self) -> None:
        self.cache = FakeMediaCache(lambda: NOW)
        self.jobs = FakeJobStore()

    def deleted(self, videos: FakeMediaStore, media_id: str, let_go: object) -> Iterator[None]:
        """Let go, ask the jobs; ask the cache; ask the jobs again; delete."""
        if callable(let_go):
            let_go()
        named = self.jobs.referenced([media_id])
        yield
        named |= self.cache.named_files()
        yield
        named |= self.jobs.referenced([media_id])
        yield
        delete(videos, {media_id} - named)
        yield


def orders(**counts: int) -> Iterator[tuple[str, ...]]:
    """Every order of so many steps of each."""
    if not any(counts.values()):
        yield ()
        return
    for name, count in counts.items():
        if count:
            for rest in orders(**(counts | {name: count - 1})):
                yield (name, *rest)


def test_sharing_while_the_cache_and_a_job_let_go_in_every_order() -> None:
    """Another job has the file too, and goes: the last of the three sees that nobody is left."""
    for order in orders(adopter=3, evictor=4, sharer=4):
        stores = SplitStores()
        there = Stored(stores.jobs, stores.cache)
        content = there.cached()
        sharer = sample_jobs.queued(video_fid=content.video_fid)
        stores.jobs.insert(sharer)
        deleted = partial(stores.deleted, there.videos, content.video_fid)
        actors = {
            "adopter": there.adopted(content),
            "evictor": deleted(partial(stores.cache.remove, content)),
            "sharer": deleted(partial(stores.jobs.remove, sharer)),
        }
        for name in order:
            next(actors[name])
        assert there.adopter_is_sound(), order


def test_keeping_a_file_that_may_be_lost_in_every_order() -> None:
    """The fetcher is late: another took its job over, and its file is an orphan. Nobody gets it."""
    taken = set()
    for order in orders(successor=1, walker=3, adopter=3):
        for places in itertools.combinations_with_replacement(range(4), len(order)):
            stores = SplitStores()
            there = Stored(stores.jobs, stores.cache)
            late = sample_jobs.fetching(url="https://videos.example.com/mirror")
            stores.jobs.insert(late)
            assert late.video_fid is not None
            there.videos.files[late.video_fid] = b"a video"
            others = {
                "successor": taken_over(stores.jobs, late),
                "walker": walked(stores, there.videos, late.video_fid),
                "adopter": there.adopted(None),
            }
            interleaved = Interleaved(stores.cache, played(order, others), places)
            keeping = Keeping(
                cast(MediaCache, interleaved),
                Steps(
                    cast(JobStore, interleaved.beside(stores.jobs)),
                    FakePublisher(),
                    POLICY,
                    lambda: NOW,
                ),
                lambda: NOW,
            )
            try:
                keeping.kept(late, ATTEMPT, [StoredMedia(late.video_fid, 7, HASH)])
                kept = True
            except Stopped:
                kept = False
            interleaved.advance(places[-1])
            assert there.adopter_is_sound(), (order, places)
            found = stores.cache.content(HASH)
            assert (found is not None) is kept
            assert found is None or found.video_fid in there.videos.files
            adopter = stores.jobs.get(there.adopter.fid)
            assert adopter is not None
            taken.add((kept, adopter.state))
    assert taken == {(True, State.QUEUED), (True, State.FETCHING), (False, State.FETCHING)}


def played(order: Sequence[str], actors: dict[str, Iterator[None]]) -> Iterator[None]:
    for name in order:
        next(actors[name])
        yield


def taken_over(jobs: JobStore, job: Job) -> Iterator[None]:
    """Another fetcher claims the job, whose lease is over, under other ids."""
    later = NOW + POLICY.lease
    ids = sample_jobs.a_media_id(), sample_jobs.a_media_id()
    assert jobs.update(
        job.fid, lambda job: fetch_moves.fetch_claimed(job, "successor", *ids, POLICY, later)
    )
    yield


def walked(stores: SplitStores, videos: FakeMediaStore, media_id: str) -> Iterator[None]:
    """What the walk after orphans does with a file that it has seen: it asks, and deletes."""
    walk = stores.deleted(videos, media_id, None)
    next(walk)
    next(walk)
    yield
    next(walk)
    yield
    next(walk)
    yield
