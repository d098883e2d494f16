"""The cache's documents in MongoDB: what goes by itself, and what questions cost."""

from collections.abc import Iterator

import pytest

from chassis.jobs import State, now_utc
from chassis.media_cache import AskedSite, CachedContent, CachedLink
from chassis.mongo import MongoJobStore, MongoMediaCache, connect
from chassis.mongo.client import Client

NOW = now_utc()


@pytest.fixture
def client(mongodb_url: str) -> Iterator[Client]:
    with connect(mongodb_url, "tests") as client:
        MongoMediaCache(client).prepare()
        MongoJobStore(client).prepare()
        yield client


def test_what_is_not_believed_any_more_goes_by_itself(client: Client) -> None:
    """MongoDB deletes links and answers at the time that each of them has in it.

    It looks once a minute, for which no test waits.
    """
    cache = MongoMediaCache(client)
    cache.remember_asked(AskedSite("key", NOW))
    cache.remember_link(CachedLink("key", "url", "ab" * 32, 7, "Song", "video/webm", NOW, NOW))
    for name in ("asked_sites", "cached_links"):
        (stored,) = client["jobs"][name].find()
        assert stored["expires_at"] == NOW
        (at_its_time,) = (
            index
            for index in client["jobs"][name].index_information().values()
            if index["key"] == [("expires_at", 1)]
        )
        assert at_its_time["expireAfterSeconds"] == 0


def test_no_question_is_answered_by_reading_the_whole_cache(client: Client) -> None:
    """Whatever is asked for one link is answered by an index."""
    cache, jobs = MongoMediaCache(client), MongoJobStore(client)
    content = CachedContent("ab" * 32, 7, "a" * 24, NOW, NOW)
    client.admin.command("setParameter", 1, notablescan=True)
    try:
        cache.keep(content)
        cache.confirm(content)
        cache.used(content.sha256, NOW)
        cache.content(content.sha256)
        cache.total_bytes()
        cache.least_recently_used(1)
        cache.remove(content)
        cache.link("key")
        cache.forget_link("key")
        cache.asked("key")
        jobs.with_link_key("key", State.QUEUED, 9)
        jobs.in_batch("batch")
        jobs.referenced(["a" * 24])
    finally:
        client.admin.command("setParameter", 1, notablescan=False)
