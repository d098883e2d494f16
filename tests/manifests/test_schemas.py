"""What a cluster would refuse is found before it gets there."""

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest

from devstack.manifests import OVERLAYS, Object, rendered, schema_problems
from devstack.process import ProgramFailed
from devstack.services import CHECKOUT
from tests.manifests.workloads import objects


def test_every_overlay_is_built_and_checked() -> None:
    """No overlay is forgotten."""
    folders = (CHECKOUT / "k8s" / "overlays").iterdir()
    assert sorted(OVERLAYS) == sorted(path.name for path in folders if path.is_dir())


def test_a_current_kubernetes_takes_it(overlay: list[Object]) -> None:
    """Every object of every overlay keeps to the schemas, without a field that they do not know."""
    assert schema_problems(overlay) == []


def change(overlay: list[Object], path: str, value: Any) -> list[Object]:
    """A copy whose Deployment `auth` has `value` at `path`."""
    changed = copy.deepcopy(overlay)
    place: Any
    [place] = objects(changed, "Deployment", "auth")
    *steps, last = path.split("/")
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("apiVersion", "apps/v2"),
        ("kind", "Deploiment"),
        ("spec/replica", 2),
        ("spec/template/spec/containers/0/ports/0/containerPort", "8080"),
        ("spec/template/spec/containers/0/livenesProbe", {}),
    ],
)
def test_what_it_would_refuse_is_found(
    overlays: dict[str, list[Object]], path: str, value: Any
) -> None:
    """A kind that is not there, a field misspelt, a value of another type: each is named."""
    [problem] = schema_problems(change(overlays["production"], path, value))
    assert "auth" in problem


def test_an_overlay_that_cannot_be_built_is_an_error(tmp_path: Path) -> None:
    """A folder that is named and not there ends the build, with the name of the folder."""
    source = tmp_path / "k8s"
    shutil.copytree(CHECKOUT / "k8s", source, ignore=shutil.ignore_patterns("secrets"))
    shutil.rmtree(source / "base" / "sweeper")
    with pytest.raises(ProgramFailed, match="sweeper"):
        rendered("production", source)
