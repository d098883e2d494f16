"""How MongoDB keeps the chunks of videos and MP3s."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis.mongo import GridFsMediaStore, connect
from chassis.mongo.client import Client
from chassis.mongo.media import MP3S, VIDEOS

STORED_AS_IT_IS = {"wiredTiger": {"configString": "block_compressor=none"}}


@pytest.fixture
def client(mongodb_url: str) -> Iterator[Client]:
    with connect(mongodb_url, "tests") as client:
        for database in (VIDEOS, MP3S):
            client.drop_database(database)
        yield client


def options(client: Client, database: str) -> dict[str, Any]:
    (chunks,) = client[database].list_collections(filter={"name": "fs.chunks"})
    found: dict[str, Any] = chunks["options"]
    return found


def engine(client: Client) -> dict[str, Any]:
    """What MongoDB was started with."""
    parsed = client.admin.command("getCmdLineOpts")["parsed"]
    found: dict[str, Any] = parsed["storage"]["wiredTiger"]["engineConfig"]
    return found


def test_nor_is_the_journal(client: Client) -> None:
    """As in production: tests and benchmarks run on the same."""
    assert engine(client)["journalCompressor"] == "none"


def test_what_is_deleted_soon_need_not_be_written(client: Client) -> None:
    """Most of the cache may have changed before MongoDB writes it into its data files."""
    assert "eviction_dirty_target=60" in engine(client)["configString"]


@pytest.mark.parametrize("database", [VIDEOS, MP3S])
def test_chunks_are_not_compressed_once_more(client: Client, database: str) -> None:
    """Not even after a second service has prepared what the first one had."""
    for _ in range(2):
        GridFsMediaStore(client, database).prepare()
        assert options(client, database)["storageEngine"] == STORED_AS_IT_IS
    (index,) = (
        index
        for index in client[database]["fs.chunks"].index_information().values()
        if index["key"] == [("files_id", 1), ("n", 1)]
    )
    assert index["unique"]


def test_the_chunks_of_an_older_version_stay_as_they_are(client: Client) -> None:
    """What an operator has is neither refused nor lost."""
    client[VIDEOS]["fs.chunks"].insert_one({"files_id": "earlier", "n": 0, "data": b"video"})
    GridFsMediaStore(client, VIDEOS).prepare()
    assert "storageEngine" not in options(client, VIDEOS)
    assert client[VIDEOS]["fs.chunks"].count_documents({"files_id": "earlier"}) == 1


def test_a_server_that_does_not_know_the_option_has_its_own_way(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one with another storage engine."""
    monkeypatch.setattr("chassis.mongo.media.UNCOMPRESSED", {"otherEngine": {"configString": ""}})
    GridFsMediaStore(client, VIDEOS).prepare()
    assert "storageEngine" not in options(client, VIDEOS)
