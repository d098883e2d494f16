"""The manifests against the settings in code."""

import copy
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from auth.settings import AccountSettings
from chassis.settings import read_settings
from devstack.manifests import Object
from devstack.services import CHECKOUT
from devstack.settings_table import SERVICES
from tests.manifests.workloads import Given, Workload, objects, secret_value, workloads

README = CHECKOUT / "k8s" / "overlays" / "production" / "README.md"
VERSION = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]


def is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def given_to(pods: dict[str, Workload], service: str) -> dict[str, Given]:
    return pods[service].settings()


def environment(given: dict[str, Given], overlay: list[Object], folder: Path) -> dict[str, str]:
    """The environment of a container of the overlay minikube, its Secrets as files in `folder`."""
    environ: dict[str, str] = {}
    for name, setting in given.items():
        if setting.secret:
            path = folder / name
            path.write_text(secret_value(overlay, setting.secret))
            environ[f"{name}_FILE"] = str(path)
        else:
            environ[name] = str(setting.value)
    return environ


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_given_exists_and_what_is_required_is_given(
    pods: dict[str, Workload], service: str
) -> None:
    """Every setting in a manifest is one of the service's, and none that it needs is missing."""
    fields = {name.upper(): field for name, field in SERVICES[service].model_fields.items()}
    given = given_to(pods, service)
    assert given.keys() <= fields.keys()
    assert {name for name, field in fields.items() if field.is_required()} <= given.keys()


@pytest.mark.parametrize("service", SERVICES)
def test_secrets_are_what_the_settings_mark_as_secret(
    pods: dict[str, Workload], service: str
) -> None:
    """A secret comes as a file of a Secret, and nothing else does."""
    fields = SERVICES[service].model_fields
    for name, setting in given_to(pods, service).items():
        assert (setting.secret is not None) == is_secret(fields[name.lower()]), name


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_accepts_what_it_is_given(
    overlays: dict[str, list[Object]], service: str, tmp_path: Path
) -> None:
    """With the values of the overlay and the secrets as they are made, each service would start."""
    overlay = overlays["minikube"]
    given = given_to(workloads(overlay), service)
    read_settings(SERVICES[service], environment(given, overlay, tmp_path))


def test_the_migrations_accept_what_they_are_given(
    overlays: dict[str, list[Object]], tmp_path: Path
) -> None:
    """They have an account of their own, which auth itself does not get to know."""
    overlay = overlays["minikube"]
    auth = workloads(overlay)["auth"]
    [migrations] = auth.pod["initContainers"]
    given = auth.settings(migrations)
    settings = read_settings(AccountSettings, environment(given, overlay, tmp_path))
    assert "://auth_migrations:" in settings.mysql_url.get_secret_value()
    [own] = [setting.secret for name, setting in auth.settings().items() if name == "MYSQL_URL"]
    assert given["MYSQL_URL"].secret not in (own, None)
    mounted = [mount["name"] for mount in auth.container["volumeMounts"]]
    assert not {mount["name"] for mount in migrations["volumeMounts"]} & set(mounted)


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_those_of_the_settings(
    overlay: list[Object], pods: dict[str, Workload], service: str
) -> None:
    """Containers, Services and probes name the ports on which the code listens."""
    kind, pod = SERVICES[service], pods[service]
    names = {"port": "http", "metrics_port": "metrics", "health_port": "metrics"}
    given = pod.settings()
    expected = {
        names[field]: int(given[field.upper()].value or 0)
        if field.upper() in given
        else kind.model_fields[field].default
        for field in names
        if field in kind.model_fields
    }
    assert pod.ports == expected
    probes = [pod.container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness")]
    assert [probe["path"] for probe in probes] == ["/healthz", "/healthz"]
    probes.append(pod.container["readinessProbe"]["httpGet"])
    assert probes[-1]["path"] == "/readyz"
    assert {probe["port"] for probe in probes} <= expected.keys()
    # The metrics' server of gateway and auth knows nothing of the API's readiness.
    assert probes[-1]["port"] == next(iter(expected))
    for offered in objects(overlay, "Service", service):
        for port in offered["spec"]["ports"]:
            assert port["targetPort"] in pod.ports
            assert port["targetPort"] != "metrics"


def test_services_are_reached_where_they_listen(pods: dict[str, Workload]) -> None:
    """The gateway asks auth at the port of auth's Service."""
    assert (
        pods["gateway"].settings()["AUTH_URL"].value == f"http://auth:{pods['auth'].ports['http']}"
    )


def test_images_are_of_this_version(overlay: list[Object], pods: dict[str, Workload]) -> None:
    """Every image of ours has the tag, and every pod the label, of the version in pyproject."""
    for service in SERVICES:
        for container in pods[service].containers:
            assert container["image"].endswith(f"video-to-mp3/{service}:{VERSION}")
        assert pods[service].labels["app.kubernetes.io/version"] == VERSION
    if "mail-sink" in pods:
        assert pods["mail-sink"].container["image"] == f"video-to-mp3/mail-sink:{VERSION}"


def test_the_readme_of_production_names_every_secret(overlays: dict[str, list[Object]]) -> None:
    """What an operator has to make is written down, key by key."""
    pods = workloads(overlays["production"])
    needed = {
        setting.secret
        for pod in pods.values()
        for container in pod.containers
        for setting in pod.settings(container).values()
        if setting.secret
    }
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", README.read_text(), re.MULTILINE)
    written = {(name, key) for name, keys in rows for key in re.findall(r"`([A-Z_]+)`", keys)}
    assert written - {("auth", "ADMIN_EMAIL"), ("autoscaling", "AMQP_URL")} == needed


def test_no_secret_stands_in_production(overlays: dict[str, list[Object]]) -> None:
    """The manifests for production name Secrets, and hold none."""
    assert objects(overlays["production"], "Secret") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"ADMIN_EMAIL": ""}, {"ADMIN_EMAIL": "", "ADMIN_MAIL": "somebody@example.com"}),
        ({"ADMIN_EMAIL": ""}, {"ADMIN_EMAIL": "", "MYSQL_URL": "mysql://a:b@c/d"}),
    ],
)
def test_a_wrong_setting_is_found(
    overlays: dict[str, list[Object]], old: dict[str, str], new: dict[str, str]
) -> None:
    """A name that nobody reads, and a secret that stands in a ConfigMap, do not pass."""
    overlay = copy.deepcopy(overlays["production"])
    [config] = [found for found in objects(overlay, "ConfigMap") if found["data"] == old]
    config["data"] = new
    with pytest.raises(AssertionError):
        test_what_is_given_exists_and_what_is_required_is_given(workloads(overlay), "auth")
