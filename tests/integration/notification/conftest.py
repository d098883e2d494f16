"""A stage for the notification service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, mongodb_url: str, amqp_url: str, smtp_url: str) -> Iterator[Stage]:
    stage = Stage(tmp_path, mongodb_url, amqp_url, smtp_url)
    yield stage
    stage.close()
