"""The system under test, started once; each test finds it whole and empty."""

from collections.abc import Iterator

import pytest

from tests.faults.clips import Clips, make_clips
from tests.faults.recovery import Fault, Report
from tests.faults.system import System

REPORTS: list[Report] = []


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return make_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def _running_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(tmp_path_factory.mktemp("system")) as system:
        yield system


@pytest.fixture
def system(_running_system: System) -> Iterator[System]:
    _running_system.empty()
    yield _running_system
    _running_system.heal()


@pytest.fixture
def fault(system: System, request: pytest.FixtureRequest) -> Fault:
    return Fault(system, request.node.name.removeprefix("test_"), REPORTS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the system recovered from each fault."""
    if REPORTS:
        terminalreporter.section("recovery from faults")
        for report in REPORTS:
            terminalreporter.write_line(str(report))
