"""scripts/build-lame where it can do nothing; what it makes is tested with the engine."""

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "build-lame"


def run(folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """The script into `folder`, each of the programs replaced by a line of shell."""
    replaced = folder.parent / "bin"
    replaced.mkdir()
    for name, line in programs.items():
        program = replaced / name.replace("_", "-")
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
    environment = {"PATH": f"{replaced}:{os.environ['PATH']}"}
    return subprocess.run(
        [SCRIPT, folder], env=environment, check=False, capture_output=True, text=True
    )


def test_without_a_source_it_fails_and_leaves_an_empty_folder(tmp_path: Path) -> None:
    """An image copies the folder all the same, and has the package's LAME."""
    done = run(tmp_path / "lame", apt_get='echo "E: no sources" >&2; exit 100', uname="echo x86_64")
    assert done.returncode
    assert "E: no sources" in done.stderr
    assert not list((tmp_path / "lame").iterdir())


def test_another_source_than_the_patchs_is_left_alone(tmp_path: Path) -> None:
    """It is not compiled without the patch, and half of one is in no library."""
    unpack = "mkdir -p lame-9/libmp3lame && echo other >lame-9/libmp3lame/psymodel.c"
    apt_get = f'case "$*" in *" source lame") {unpack} ;; esac'
    done = run(tmp_path / "lame", apt_get=apt_get, uname="echo x86_64")
    assert done.returncode
    assert "FAILED" in done.stdout
    assert not list((tmp_path / "lame").iterdir())


def test_on_another_architecture_there_is_nothing_to_do(tmp_path: Path) -> None:
    """So it is no failure, and asks nobody for a source."""
    done = run(tmp_path / "lame", apt_get="exit 100", uname="echo aarch64")
    assert not done.returncode
    assert "aarch64" in done.stderr
    assert not list((tmp_path / "lame").iterdir())
