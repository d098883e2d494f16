"""What is promised of every pod, whoever made it."""

import re

from devstack.manifests import Object
from devstack.services import CHECKOUT
from tests.manifests.workloads import Workload, objects, workloads


def test_pods_keep_to_pod_security_restricted(pods: dict[str, Workload]) -> None:
    """None of them has a right that it could be denied (Pod Security Standards, `restricted`)."""
    for pod in pods.values():
        spec = pod.pod
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["securityContext"]["runAsUser"] > 0
        assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC"}
        for container in pod.containers:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["readOnlyRootFilesystem"] is True
            assert not [port for port in container.get("ports", []) if "hostPort" in port]


def test_the_namespace_enforces_it(overlay: list[Object]) -> None:
    """Whatever else is put into the namespace is held to the same."""
    [namespace] = objects(overlay, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_pods_have_no_token_and_no_variables_of_services(pods: dict[str, Workload]) -> None:
    """Nobody talks to the Kubernetes API, and nothing but settings stands in the environment."""
    for pod in pods.values():
        assert pod.pod["automountServiceAccountToken"] is False
        assert pod.pod["enableServiceLinks"] is False
        assert pod.pod["serviceAccountName"] == pod.name


def test_what_is_writable_is_bounded(pods: dict[str, Workload]) -> None:
    """No folder of a pod can fill the node's disk."""
    for pod in pods.values():
        for volume in pod.pod.get("volumes", []):
            assert "emptyDir" not in volume or "sizeLimit" in volume["emptyDir"]


def test_everything_is_part_of_the_whole(overlay: list[Object]) -> None:
    """One label finds all that is ours, one namespace holds it, and recommended labels name it."""
    for found in overlay:
        labels = found["metadata"].get("labels", {})
        assert labels.get("app.kubernetes.io/part-of") == "video-to-mp3", found["metadata"]["name"]
        if found["kind"] != "Namespace":
            assert found["metadata"]["namespace"] == "mp3converter"


def test_pods_are_selected_by_what_they_are_called(
    overlay: list[Object], pods: dict[str, Workload]
) -> None:
    """Deployments, Services, budgets and spreads of a name mean the pods of that name."""
    for pod in pods.values():
        own = {"app.kubernetes.io/name": pod.name}
        assert own.items() <= pod.labels.items()
        assert pod.found["spec"]["selector"]["matchLabels"] == own
        for spread in pod.pod.get("topologySpreadConstraints", []):
            assert spread["labelSelector"]["matchLabels"] == own
    for service in objects(overlay, "Service"):
        assert service["spec"]["selector"] == {
            "app.kubernetes.io/name": service["metadata"]["name"]
        }
    for budget in objects(overlay, "PodDisruptionBudget"):
        own = {"app.kubernetes.io/name": budget["metadata"]["name"]}
        assert budget["spec"]["selector"]["matchLabels"] == own


def test_the_script_for_minikube_waits_for_every_pod(overlays: dict[str, list[Object]]) -> None:
    """`scripts/minikube` says that everything runs when everything does."""
    script = (CHECKOUT / "scripts" / "minikube").read_text()
    waited = re.findall(r"\b(deployment|statefulset)/([a-z-]+)", script)
    pods = workloads(overlays["minikube"]).values()
    assert sorted(waited) == sorted((pod.found["kind"].lower(), pod.name) for pod in pods)
