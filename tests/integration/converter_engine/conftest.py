"""The real box, started once, with the LAME that our services have."""

from collections.abc import Iterator

import pytest

from converter.box import Box, BoxLimits
from converter.cores import Cores
from tests.integration.converter_engine.lames import found_by_the_linker


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    started = Box(BoxLimits(stall_seconds=30.0), Cores(2))
    with found_by_the_linker():
        started.start()
    yield started
    started.stop()
