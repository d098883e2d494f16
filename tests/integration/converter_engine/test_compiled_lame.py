"""The LAME of scripts/build-lame is the one that the processes of our services have."""

from pathlib import Path

import pytest

from converter.box import Box, BoxLimits
from converter.cores import Cores
from tests.integration.converter_engine.lames import COMPILED, found_by_the_linker, is_compiled


@pytest.mark.skipif(not is_compiled(), reason="it is not there, or not for this processor")
def test_the_box_uses_it() -> None:
    """It is in the memory of what the box started, and no other LAME is."""
    with found_by_the_linker(), Box(BoxLimits(), Cores(1)):
        used = {library for child in _children() for library in _lames_of(child)}
    assert used == {str(COMPILED)}


def _children() -> list[int]:
    tasks = Path("/proc/self/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _lames_of(pid: int) -> set[str]:
    """The files that a process has in memory under the system's name of LAME."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return {path for line in lines if Path(path := line.split()[-1]).name == COMPILED.name}
