"""A stage for the sweeper, which sends no mail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, mongodb_url: str, amqp_url: str) -> Iterator[Stage]:
    stage = Stage(tmp_path, mongodb_url, amqp_url, "smtp://127.0.0.1:1")
    yield stage
    stage.close()
