"""The test on a cluster where it cannot even begin: one line says why."""

from pathlib import Path

import pytest

from devstack.cluster import __main__ as cluster_test

OVERLAY = "k8s/overlays/minikube"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cluster_test, "FOLDER", tmp_path)


def told(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    """What a test that fails at once writes to its standard error."""
    assert cluster_test.main(arguments) == 1
    return capfd.readouterr().err


def test_an_overlay_that_was_refused(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = f"['false', '{tmp_path / 'overlay'}']"
    assert told(["--overlay", OVERLAY, "--apply", "false"], capfd) == (
        f"cluster-test: {OVERLAY} was not applied:"
        f" Command '{command}' returned non-zero exit status 1.\n"
    )


def test_a_command_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert told(["--overlay", OVERLAY, "--apply", "no-such-program"], capfd) == (
        f"cluster-test: {OVERLAY} was not applied:"
        " [Errno 2] No such file or directory: 'no-such-program'\n"
    )


def test_no_kubectl(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told([], capfd) == (
        "cluster-test: kubectl cannot be started: [Errno 2] No such file or directory: 'kubectl'\n"
    )
