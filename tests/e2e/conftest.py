"""The whole system as real processes, started once for all tests that leave it as it was."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.ports import LOOPBACK
from devstack.stack import Stack
from tests.e2e.shell import Shell
from tests.integration.fetcher.media_site import MediaSite

OVERRIDES = {"SWEEP_SECONDS": "0.5", "ORPHAN_SECONDS": "1", "LEASE_SECONDS": "3"}


@pytest.fixture(scope="session")
def site() -> Iterator[MediaSite]:
    """A site of ours, the only one on loopback that links may lead to."""
    with MediaSite().running() as running:
        yield running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, site: MediaSite) -> Iterator[Stack]:
    links = {"LINK_OPEN_ADDRESSES": f"{LOOPBACK}:{site.port}"}
    with Stack.on_free_ports(tmp_path_factory.mktemp("stack"), OVERRIDES | links) as running:
        yield running


@pytest.fixture
def shell(stack: Stack, tmp_path: Path) -> Shell:
    """A shell that is logged in, in a folder with `video.mkv`: two seconds, titled."""
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10"),
            *("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", "2"),
            *("-c:v", "mpeg4", "-c:a", "aac", "-metadata", "title=Летний день 夏", "video.mkv"),
        ],
        cwd=tmp_path,
        check=True,
    )
    shell = Shell(stack, tmp_path)
    shell.log_in()
    return shell
