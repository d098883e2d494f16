"""The Containerfile: what goes into which image, without building any."""

import re
from pathlib import Path

import pytest

from devstack.image_check import IMAGES
from devstack.settings_table import SERVICES

TEXT = (Path(__file__).parents[2] / "Containerfile").read_text()
STAGES = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM |\Z)", TEXT, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_chassis_and_its_own_service(service: str) -> None:
    """Nothing of another service is brought into it, and only its own lock is installed."""
    build, image = STAGES[f"build-{service}"], STAGES[service]
    assert set(re.findall(r"src/(\w+)", build)) == {"chassis", service}
    assert set(re.findall(r"requirements/(\S+)\.txt", build)) - {"build"} == {service}
    encoder = {"build-lame"} if service == "converter" else set()
    assert set(re.findall(r"--from=(\S+)", image)) == {f"build-{service}"} | encoder


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_runs_as_nobody_and_hears_signals(name: str) -> None:
    """The last user is the one without rights, by number; the entry point is no shell."""
    users = re.findall(r"^USER (.*)$", STAGES["runtime"] + STAGES[name], re.MULTILINE)
    assert users[-1] == "10001:10001"
    assert '\nENTRYPOINT ["tini", "--", "python", "-m", ' in STAGES[name]


def test_every_image_is_checked() -> None:
    """What `scripts/check-images` knows is what the Containerfile makes."""
    assert set(re.findall(r"^FROM runtime AS (\S+)$", TEXT, re.MULTILINE)) == set(IMAGES)


def test_every_base_is_the_argument() -> None:
    """No stage is from an image that cannot be chosen."""
    bases = set(re.findall(r"^FROM (\S+) AS", TEXT, re.MULTILINE))
    assert bases <= {"${BASE}", "scratch", *STAGES}
