"""What a service says of a MongoDB that is frozen."""

import time

import pytest

from chassis.errors import StoreUnavailable
from chassis.mongo import connect, is_reachable
from devstack.mongodb import MongoDB
from devstack.ports import free_port


def test_a_frozen_store_is_not_reachable(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A probe learns it at once, not when the socket's own long time is over."""
    folder = tmp_path_factory.mktemp("mongodb")
    with MongoDB(folder, free_port()) as server, connect(server.url, "tests") as client:
        assert is_reachable(client)
        server.suspend()
        asked = time.monotonic()
        with pytest.raises(StoreUnavailable):
            is_reachable(client)
        assert time.monotonic() - asked < 20
        server.resume()
        assert is_reachable(client)
