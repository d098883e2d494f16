"""Each contract runs against the fake and against real MongoDB."""

from collections.abc import Iterator

import pytest

from chassis.fakes import FakeJobStore, FakeMediaStore
from chassis.mongo import GridFsMediaStore, MongoJobStore, connect
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
