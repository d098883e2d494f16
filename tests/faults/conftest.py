"""The system under test, started once; each test finds it whole and empty."""

from collections.abc import Iterator

import pytest

from devstack.ports import LOOPBACK
from tests.faults.clips import Clips, make_clips
from tests.faults.recovery import Fault, Report
from tests.faults.system import System
from tests.integration.fetcher.media_site import MediaSite

RECOVERY = "recovery"


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return make_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def site() -> Iterator[MediaSite]:
    """A site that links may lead to."""
    with MediaSite().running() as site:
        yield site


@pytest.fixture(scope="session")
def _running_system(tmp_path_factory: pytest.TempPathFactory, site: MediaSite) -> Iterator[System]:
    settings = {"LINK_OPEN_ADDRESSES": f"{LOOPBACK}:{site.port}"}
    with System(tmp_path_factory.mktemp("system"), settings) as system:
        yield system


@pytest.fixture
def system(_running_system: System) -> Iterator[System]:
    _running_system.empty()
    yield _running_system
    _running_system.heal()


@pytest.fixture
def fault(system: System, request: pytest.FixtureRequest) -> Fault:
    def tell(report: Report) -> None:
        request.node.user_properties.append((RECOVERY, str(report)))

    return Fault(system, request.node.name.removeprefix("test_"), tell)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the system recovered from each fault, whichever process ran the test."""
    lines = [
        text
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, text in report.user_properties
        if name == RECOVERY
    ]
    if lines:
        terminalreporter.section("recovery from faults")
        for line in lines:
            terminalreporter.write_line(line)
