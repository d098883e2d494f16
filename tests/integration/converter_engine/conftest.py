"""The real box, started once."""

from collections.abc import Iterator

import pytest

from converter.box import Box, BoxLimits
from converter.cores import Cores


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    with Box(BoxLimits(stall_seconds=30.0), Cores(2)) as started:
        yield started
