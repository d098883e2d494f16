"""The overlays, rendered once."""

import pytest

from devstack.manifests import OVERLAYS, Object, rendered
from tests.manifests.workloads import Workload, workloads

Overlays = dict[str, list[Object]]


@pytest.fixture(scope="session")
def overlays() -> Overlays:
    """The objects of every overlay, by its name."""
    return {name: rendered(name) for name in OVERLAYS}


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest, overlays: Overlays) -> list[Object]:
    """Each overlay in turn."""
    return overlays[request.param]


@pytest.fixture
def pods(overlay: list[Object]) -> dict[str, Workload]:
    """The workloads of each overlay in turn, by their names."""
    return workloads(overlay)
