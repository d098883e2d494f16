"""compose.yaml against the code, the images, the manifests and the secrets that it stands on."""

import re
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from auth.settings import AccountSettings
from chassis.settings import Settings, read_settings
from devstack.mongodb import STORAGE
from devstack.settings_table import SERVICES

CHECKOUT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]
SETTINGS: Mapping[str, type[Settings]] = {**SERVICES, "auth-migrations": AccountSettings}
SECRETS = "/run/secrets/"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the service `secrets` fills, filled as it does."""
    folder = tmp_path_factory.mktemp("secrets")
    subprocess.run([CHECKOUT / "scripts" / "secrets", folder], check=True)
    return folder


def environment(service: str) -> dict[str, str]:
    """What compose gives a service."""
    values: dict[str, str] = {}
    for path in COMPOSE[service].get("env_file", []):
        lines = (CHECKOUT / path).read_text().splitlines()
        values |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    values |= COMPOSE[service].get("environment", {})
    return values


def mounted(service: str) -> dict[str, str]:
    """The volume at each place in a service's containers."""
    parts = [volume.split(":") for volume in COMPOSE[service].get("volumes", [])]
    return {part[1]: part[0] for part in parts}


@pytest.mark.parametrize("service", SETTINGS)
def test_each_service_starts_with_its_settings(service: str, secrets: Path) -> None:
    """The code takes what compose gives, with the secrets that are made: nothing is missing."""
    given = {
        name: value.replace(SECRETS, f"{secrets}/") for name, value in environment(service).items()
    }
    read_settings(SETTINGS[service], given)


@pytest.mark.parametrize("service", SETTINGS)
def test_only_settings_that_the_code_reads_are_given(service: str) -> None:
    """A setting that no code knows would be a mistake that nobody notices."""
    known = {name.upper() for name in SETTINGS[service].model_fields}
    assert {name.removesuffix("_FILE") for name in environment(service)} <= known


@pytest.mark.parametrize("service", SETTINGS)
def test_secrets_come_from_files_that_the_service_alone_sees(service: str) -> None:
    """No secret stands in compose.yaml; each lies in a volume of the service's own."""
    given = environment(service)
    fields = SETTINGS[service].model_fields.items()
    secret = {name.upper() for name, field in fields if SecretStr in _types(field.annotation)}
    assert not secret & given.keys()
    folders = {str(Path(value).parent) for name, value in given.items() if name.endswith("_FILE")}
    assert folders == {place for place in mounted(service) if place.startswith(SECRETS)}
    for place in folders:
        volume = mounted(service)[place]
        assert volume == f"secrets-{Path(place).name}"
        assert mounted("secrets")[f"/secrets/{Path(place).name}"] == volume
        assert Path(place).name in {service, "links"}


def _types(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", (annotation,))


def test_every_service_is_there_from_its_own_image() -> None:
    """Each image is a target of the Containerfile, with the version of pyproject.toml."""
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
    targets = re.findall(
        "^FROM runtime AS (.*)$", (CHECKOUT / "Containerfile").read_text(), re.MULTILINE
    )
    built = {name: service for name, service in COMPOSE.items() if "build" in service}
    assert {service["build"]["target"] for service in built.values()} == set(targets)
    assert set(SERVICES) | {"mail-sink"} == set(targets)
    for service in built.values():
        target = service["build"]["target"]
        assert service["image"] == f"video-to-mp3/{target}:${{IMAGE_TAG:-{version}}}"


@pytest.mark.parametrize("store", ["rabbitmq", "mongodb", "mysql"])
def test_stores_are_those_of_kubernetes(store: str) -> None:
    """The same image with the same arguments and settings as in the component `datastores`."""
    path = CHECKOUT / "k8s" / "components" / "datastores" / store / "stateful-set.yaml"
    [container] = yaml.safe_load(path.read_text())["spec"]["template"]["spec"]["containers"]
    assert COMPOSE[store]["image"] == container["image"]
    assert COMPOSE[store].get("command", []) == container.get("args", [])
    values = {entry["name"]: entry["value"] for entry in container.get("env", [])}
    assert COMPOSE[store].get("environment", {}) == {
        name: value for name, value in values.items() if name != "HOME"
    }


def test_mongodb_stores_as_in_tests_and_benchmarks() -> None:
    """What is measured is what runs."""
    assert set(STORAGE) < set(COMPOSE["mongodb"]["command"])


def test_what_is_mounted_from_here_is_there() -> None:
    """Docker would make a folder of a file that is missing."""
    for service in COMPOSE:
        for source in mounted(service).values():
            assert not source.startswith("./") or (CHECKOUT / source).exists(), source


def test_only_the_gateway_and_the_mails_can_be_reached() -> None:
    """Two ports, on loopback."""
    ports = {name: service["ports"] for name, service in COMPOSE.items() if "ports" in service}
    assert ports == {"gateway": ["127.0.0.1:8080:8080"], "mail-sink": ["127.0.0.1:8025:8025"]}
