"""The test on a cluster where it cannot even begin."""

import pytest

from devstack.cluster import __main__ as cluster_test


@pytest.mark.parametrize("command", ["false", "no-such-program"])
def test_an_overlay_that_cannot_be_applied_is_said_in_one_line(
    command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code = cluster_test.main(["--overlay", "k8s/overlays/minikube", "--apply", command])
    assert code == 1
    told = capfd.readouterr().err
    assert told == f"cluster-test: k8s/overlays/minikube was not applied by `{command}`\n"
