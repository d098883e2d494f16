"""The builds of LAME that are there: the package's, and the one of scripts/build-lame."""

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from converter import lame
from devstack.services import CHECKOUT, compiled_libraries

COMPILED: Final = CHECKOUT / ".local/lame/glibc-hwcaps/x86-64-v3/libmp3lame.so.0"


def is_compiled() -> bool:
    """Whether it is there, and the dynamic linker would use it on this processor.

    scripts/bootstrap has said so if it could not compile it.
    """
    if platform.machine() != "x86_64" or not COMPILED.exists():
        return False
    linker = "/lib64/ld-linux-x86-64.so.2"
    told = subprocess.run([linker, "--help"], check=True, capture_output=True, text=True)
    return "x86-64-v3 (supported" in told.stdout


def packaged() -> Path:
    """The package's own, wherever it is."""
    cache = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True)
    lines = [line.split() for line in cache.stdout.splitlines()]
    return next(Path(line[-1]) for line in lines if line and line[0] == lame.LIBRARY)


@contextmanager
def found_by_the_linker() -> Iterator[None]:
    """What is started in here finds the compiled one as our services do."""
    with patch.dict(os.environ, compiled_libraries()):
        yield


@contextmanager
def using(library: Path) -> Iterator[None]:
    """Have encoders of this process be that library's, loaded by its path."""
    with patch.object(lame, "LIBRARY", str(library)):
        lame._library.cache_clear()  # noqa: SLF001 - nothing else ever changes it
        try:
            yield
        finally:
            lame._library.cache_clear()  # noqa: SLF001 - nothing else ever changes it
