"""Who watches and who scales finds the pods, in every overlay that has them."""

from typing import Any

from devstack.manifests import Object
from devstack.services import SERVICES
from tests.manifests.conftest import Overlays
from tests.manifests.workloads import Workload, workloads
from tests.monitoring import COMPONENTS, documents

OURS, RABBITMQ = (
    monitor["spec"] for monitor in documents(COMPONENTS / "monitoring" / "pod-monitors.yaml")
)


def test_every_service_is_scraped(pods: dict[str, Workload]) -> None:
    """Each pod of ours is selected, bears the name that alerts go by, and has a port for it."""
    for name in SERVICES:
        assert matches(OURS["selector"], pods[name].labels)
        assert pods[name].labels[OURS["jobLabel"]] == name
        for endpoint in OURS["podMetricsEndpoints"]:
            assert endpoint["port"] in pods[name].ports


def test_rabbitmq_is_scraped_for_itself(overlays: Overlays) -> None:
    """Its pod is selected once, by the monitor that asks for its queues."""
    pod = workloads(overlays["minikube"])["rabbitmq"]
    assert not matches(OURS["selector"], pod.labels)
    assert matches(RABBITMQ["selector"], pod.labels)
    assert all(endpoint["port"] in pod.ports for endpoint in RABBITMQ["podMetricsEndpoints"])


def test_what_is_scaled_has_no_number_of_its_own(overlays: Overlays) -> None:
    """Applied again, the manifests of production do not undo what the autoscalers did."""
    objects = overlays["production"]
    scaled = {
        found["spec"]["scaleTargetRef"]["name"]
        for found in objects
        if found["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")
    }
    assert scaled == {"auth", "converter", "fetcher", "gateway"}
    deployments = {found["metadata"]["name"]: found for found in of_kind(objects, "Deployment")}
    for name, found in deployments.items():
        assert ("replicas" in found["spec"]) != (name in scaled)


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    return [found for found in objects if found["kind"] == kind]


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a label selector of Kubernetes selects a pod with these labels."""
    for expression in selector.get("matchExpressions", []):
        listed = labels.get(expression["key"]) in expression["values"]
        if listed != (expression["operator"] == "In"):
            return False
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()
