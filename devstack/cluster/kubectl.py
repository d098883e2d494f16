"""One namespace of a cluster, as kubectl knows it."""

import json
import subprocess
from typing import Any

ROLLOUT_SECONDS = 300


class KubectlFailed(RuntimeError):
    """kubectl ended with an error, or could not be started; the text is what was said."""


class Namespace:
    """The objects in one namespace."""

    def __init__(self, name: str) -> None:
        self._name = name

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """Run kubectl in this namespace; returns what it printed, raises KubectlFailed."""
        command = ["kubectl", "--namespace", self._name, *arguments]
        try:
            done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        except OSError as error:
            raise KubectlFailed(f"kubectl cannot be started: {error}") from error
        if done.returncode != 0:
            raise KubectlFailed(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """One object."""
        found: dict[str, Any] = json.loads(self.kubectl("get", kind, name, "--output=json"))
        return found

    def names(self, kind: str) -> list[str]:
        """The names of all objects of a kind."""
        printed = self.kubectl("get", kind, "--output=name")
        return [line.partition("/")[2] for line in printed.splitlines()]

    def pods(self, deployment: str) -> list[dict[str, Any]]:
        """The pods of a Deployment that are not on their way out."""
        labels = self.get("deployment", deployment)["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        printed = self.kubectl("get", "pods", f"--selector={selector}", "--output=json")
        pods: list[dict[str, Any]] = json.loads(printed)["items"]
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def ready_pods(self, deployment: str) -> list[str]:
        """The names of those that are ready."""
        return [
            pod["metadata"]["name"]
            for pod in self.pods(deployment)
            if any(
                condition["type"] == "Ready" and condition["status"] == "True"
                for condition in pod["status"].get("conditions", [])
            )
        ]

    def await_rollout(self, kind: str, name: str) -> None:
        """Wait until all pods of it are new and ready; raises KubectlFailed."""
        self.kubectl("rollout", "status", f"{kind}/{name}", f"--timeout={ROLLOUT_SECONDS}s")

    def restart(self, deployment: str) -> None:
        """Replace each pod of a Deployment as an update does, and wait for the end of it."""
        self.kubectl("rollout", "restart", f"deployment/{deployment}")
        self.await_rollout("deployment", deployment)

    def scale(self, deployment: str, replicas: int) -> None:
        """Set how many pods a Deployment has, and wait until they are ready."""
        self.kubectl("scale", f"deployment/{deployment}", f"--replicas={replicas}")
        self.await_rollout("deployment", deployment)

    def service_url(self, name: str, port: str) -> str:
        """Address of a Service on its ClusterIP; `port` is the name of the port, or its number."""
        spec = self.get("service", name)["spec"]
        for offered in spec["ports"]:
            if port in {offered.get("name"), str(offered["port"])}:
                return f"http://{spec['clusterIP']}:{offered['port']}"
        raise KubectlFailed(f"the Service {name} has no port {port}")
