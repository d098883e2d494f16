"""What an image holds, seen from inside: run there by `devstack.image_check`, as the image's user.

The argument names the packages of ours that belong there, separated by commas. Each line that is
printed is something that is wrong.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

USER = 10_001
OURS = ("auth", "chassis", "converter", "devstack", "fetcher", "gateway", "notification", "sweeper")
BUILD_PROGRAMS = ("as", "c++", "cc", "g++", "gcc", "ld", "make", "pip", "pip3", "uv")
BUILD_PACKAGES = ("ensurepip", "pip", "setuptools", "wheel")
CACHES = ("/var/lib/apt/lists", "/var/cache/apt", "/root/.cache", "/build", "/src")
FOLDERS = ("/", "/app", "/opt/venv", "/etc", "/usr", "/var")


def faults(own: frozenset[str]) -> Iterator[str]:
    """A line for each thing that is not as it has to be."""
    if (os.getuid(), os.getgid()) != (USER, USER):
        yield f"it runs as {os.getuid()}:{os.getgid()}"
    yield from (f"it may write to {folder}" for folder in FOLDERS if os.access(folder, os.W_OK))
    yield from (f"it has {program}" for program in BUILD_PROGRAMS if shutil.which(program))
    yield from (f"it has Python's {name}" for name in BUILD_PACKAGES if _importable(name))
    yield from (f"{cache} is not empty" for cache in CACHES if _holds_files(Path(cache)))
    for name in OURS:
        if _importable(name) != (name in own):
            yield f"{name} is {'missing' if name in own else 'there'}"
    yield from (f"{path} gains rights" for path in _files("/") if _gains_rights(path))
    yield from (
        f"{path} is not compiled"
        for path in _files("/app")
        if path.suffix == ".py" and not Path(importlib.util.cache_from_source(str(path))).exists()
    )


def _importable(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _holds_files(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK) and any(
        found.is_file() for found in folder.rglob("*")
    )


def _files(root: str) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        if folder == "/":
            folders[:] = [name for name in folders if name not in {"dev", "proc", "sys"}]
        yield from (Path(folder, name) for name in names)


def _gains_rights(path: Path) -> bool:
    return bool(path.lstat().st_mode & 0o6000)


if __name__ == "__main__":
    for fault in faults(frozenset(sys.argv[1].split(","))):
        print(fault)
