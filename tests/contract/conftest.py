"""Each contract runs against the fake and against real MongoDB."""

from collections.abc import Iterator

import pytest

from chassis.fake_media import FakeMediaStore
from chassis.fake_media_cache import FakeMediaCache
from chassis.fakes import FakeJobStore
from chassis.media_cache import MediaCache
from chassis.mongo import GridFsMediaStore, MongoJobStore, MongoMediaCache, connect
from chassis.mongo.media import VIDEOS
from chassis.ports import JobStore, MediaStore


@pytest.fixture(params=["fake", "mongodb"])
def job_store(request: pytest.FixtureRequest) -> Iterator[JobStore]:
    if request.param == "fake":
        yield FakeJobStore()
        return
    with connect(request.getfixturevalue("mongodb_url"), "tests") as client:
        store = MongoJobStore(client)
        store.prepare()
        yield store


@pytest.fixture(params=["fake", "mongodb"])
def media_store(request: pytest.FixtureRequest) -> Iterator[MediaStore]:
    if request.param == "fake":
        yield FakeMediaStore()
        return
    with connect(request.getfixturevalue("mongodb_url"), "tests") as client:
        store = GridFsMediaStore(client, VIDEOS)
        store.prepare()
        yield store


@pytest.fixture(params=["fake", "mongodb"])
def cached_jobs(request: pytest.FixtureRequest) -> Iterator[tuple[JobStore, MediaCache]]:
    """Jobs, and the cache that names files beside them."""
    if request.param == "fake":
        cache = FakeMediaCache()
        yield FakeJobStore(cache), cache
        return
    with connect(request.getfixturevalue("mongodb_url"), "tests") as client:
        jobs, stored = MongoJobStore(client), MongoMediaCache(client)
        jobs.prepare()
        stored.prepare()
        yield jobs, stored


@pytest.fixture
def media_cache(cached_jobs: tuple[JobStore, MediaCache]) -> MediaCache:
    return cached_jobs[1]
