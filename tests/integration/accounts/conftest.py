"""The confined system, started once."""

from collections.abc import Iterator

import pytest

from tests.integration.accounts.confined_system import ConfinedSystem


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConfinedSystem]:
    with ConfinedSystem(tmp_path_factory.mktemp("confined")) as running:
        yield running
