"""The confined system, started once, and a site that links may lead to."""

from collections.abc import Iterator

import pytest

from tests.integration.accounts.confined_system import ConfinedSystem
from tests.integration.fetcher.media_site import MediaSite


@pytest.fixture(scope="session")
def site() -> Iterator[MediaSite]:
    with MediaSite().running() as site:
        yield site


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, site: MediaSite) -> Iterator[ConfinedSystem]:
    with ConfinedSystem(tmp_path_factory.mktemp("confined"), site.port) as running:
        yield running
