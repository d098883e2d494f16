"""What a rendered overlay says about its pods: their settings, ports, secrets and times."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from devstack.manifests import Object

UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


@dataclass(frozen=True)
class Given:
    """A setting as a pod gets it: its value, or the Secret and key of the file that holds it."""

    value: str | None = None
    secret: tuple[str, str] | None = None


@dataclass(frozen=True)
class Workload:
    """A Deployment or StatefulSet among all objects of its overlay."""

    found: Object
    overlay: Sequence[Object]

    @property
    def name(self) -> str:
        return str(self.found["metadata"]["name"])

    @property
    def pod(self) -> dict[str, Any]:
        pod: dict[str, Any] = self.found["spec"]["template"]["spec"]
        return pod

    @property
    def labels(self) -> dict[str, str]:
        labels: dict[str, str] = self.found["spec"]["template"]["metadata"]["labels"]
        return labels

    @property
    def container(self) -> dict[str, Any]:
        """The only container that goes on running."""
        [container] = self.pod["containers"]
        return dict(container)

    @property
    def containers(self) -> list[dict[str, Any]]:
        return [*self.pod["containers"], *self.pod.get("initContainers", [])]

    @property
    def ports(self) -> dict[str, int]:
        return {port["name"]: port["containerPort"] for port in self.container["ports"]}

    @property
    def memory_limit(self) -> int:
        """In bytes."""
        return amount_of_memory(self.container["resources"]["limits"]["memory"])

    def settings(self, container: dict[str, Any] | None = None) -> dict[str, Given]:
        """What the container gets, by name of the setting; a name that comes twice is an error."""
        given: dict[str, Given] = {}
        for name, setting in self._environment(container or self.container):
            name_of_setting = name.removesuffix("_FILE")
            assert name_of_setting not in given, f"{self.name}: {name} is given twice"
            given[name_of_setting] = setting
        return given

    def _environment(self, container: dict[str, Any]) -> Iterator[tuple[str, Given]]:
        for source in container.get("envFrom", []):
            yield from self._configured(source["configMapRef"]["name"])
        for variable in container.get("env", []):
            name = variable["name"]
            if name.endswith("_FILE"):
                yield name, Given(secret=self._secret_of(container, variable["value"]))
            elif "value" in variable:
                yield name, Given(value=variable["value"])
            else:
                yield name, Given(value=self._limit(container, variable["valueFrom"]))

    def _configured(self, name: str) -> Iterator[tuple[str, Given]]:
        [config] = objects(self.overlay, "ConfigMap", name)
        yield from ((key, Given(value=value)) for key, value in config["data"].items())

    def _limit(self, container: dict[str, Any], source: dict[str, Any]) -> str:
        reference = source["resourceFieldRef"]
        assert (reference["resource"], reference["divisor"]) == ("limits.cpu", "1")
        assert reference["containerName"] == container["name"]
        return str(container["resources"]["limits"]["cpu"])

    def _secret_of(self, container: dict[str, Any], path: str) -> tuple[str, str]:
        """The Secret and key of the file at `path`."""
        folder, key = str(PurePosixPath(path).parent), PurePosixPath(path).name
        [mount] = [mount for mount in container["volumeMounts"] if mount["mountPath"] == folder]
        [volume] = [one for one in self.pod["volumes"] if one["name"] == mount["name"]]
        assert mount["readOnly"]
        if "secret" in volume:
            return volume["secret"]["secretName"], key
        secrets = [source["secret"]["name"] for source in volume["projected"]["sources"]]
        # Of several, the shared one has what its name says; the service's own has the rest.
        shared = [name for name in secrets if name.startswith("links") and key == "LINK_SECRET"]
        return (shared or secrets)[0], key


def workloads(overlay: Sequence[Object]) -> dict[str, Workload]:
    """Every workload of an overlay by its name."""
    kinds = ("Deployment", "StatefulSet")
    return {
        found["metadata"]["name"]: Workload(found, overlay)
        for found in overlay
        if found["kind"] in kinds
    }


def objects(overlay: Sequence[Object], kind: str, name: str | None = None) -> list[Object]:
    """The objects of a kind, of a name too if it is given."""
    return [
        found
        for found in overlay
        if found["kind"] == kind and name in (None, found["metadata"]["name"])
    ]


def secret_value(overlay: Sequence[Object], secret: tuple[str, str]) -> str:
    """What a Secret of the overlay holds under a key."""
    name, key = secret
    [found] = objects(overlay, "Secret", name)
    return base64.b64decode(found["data"][key]).decode()


def amount_of_memory(text: str) -> int:
    """Bytes of a quantity such as 512Mi."""
    return int(text[:-2]) * UNITS[text[-2:]]
