"""A real Prometheus on the whole system: dashboard, alerts and autoscaling find what they need."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from devstack.ports import LOOPBACK, free_port
from devstack.stack import LOGIN_EMAIL, Stack
from tests.e2e.api_client import ApiClient
from tests.e2e.conftest import OVERRIDES
from tests.e2e.shell import Shell
from tests.integration.fetcher.media_site import MediaSite, Resource
from tests.monitoring import COMPONENTS, NAMESPACE, documents, metric_names, queries, rules
from tests.prometheus_server import Prometheus
from tests.waiting import wait_for

ANSWER_SECONDS = 20

# Nobody offers these here: they are kube-state-metrics' and the kubelet's.
OF_THE_CLUSTER = ("kube_", "kubelet_")

# What these count does not happen in a system that is well; their metrics are there all the same.
OF_TROUBLE = (
    "Errors of MongoDB and RabbitMQ",
    "Given back and too late",
    "Steps of the sweeper",
)


@pytest.fixture(scope="module")
def site() -> Iterator[MediaSite]:
    """Where a link may lead."""
    with MediaSite().running() as site:
        yield site


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, site: MediaSite) -> Iterator[Stack]:
    """A system of its own, whose RabbitMQ tells of itself."""
    config = (f"prometheus.tcp.ip = {LOOPBACK}", f"prometheus.tcp.port = {free_port()}")
    with Stack.on_free_ports(
        tmp_path_factory.mktemp("watched"),
        OVERRIDES | {"LINK_OPEN_ADDRESSES": f"{LOOPBACK}:{site.port}"},
        rabbitmq_config=config,
        rabbitmq_plugins=("rabbitmq_prometheus",),
    ) as stack:
        yield stack


@pytest.fixture(scope="module")
def prometheus(watched: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """As the component's PodMonitors say what to scrape, and by which labels."""
    targets = [
        ({"namespace": NAMESPACE, "job": name, "pod": name}, service.metrics_url)
        for name, service in watched.services.items()
    ]
    port = watched.rabbitmq.config[1].rpartition(" ")[2]
    [_, monitor] = documents(COMPONENTS / "monitoring" / "pod-monitors.yaml")
    for endpoint in monitor["spec"]["podMetricsEndpoints"]:
        families = "&".join(
            f"family={name}" for name in endpoint.get("params", {}).get("family", [])
        )
        labels = {"namespace": NAMESPACE, "job": "rabbitmq", "pod": "rabbitmq-0"} | {
            relabeling["targetLabel"]: relabeling["replacement"]
            for relabeling in endpoint.get("relabelings", [])
        }
        targets.append((labels, f"http://{LOOPBACK}:{port}{endpoint['path']}?{families}"))
    folder = tmp_path_factory.mktemp("prometheus")
    with Prometheus(folder, free_port(), targets, rules()) as server:
        yield server


def test_everything_that_is_asked_for_is_there(
    watched: Stack, prometheus: Prometheus, site: MediaSite, tmp_path: Path
) -> None:
    """After uploads, good and bad, and a link each query of the dashboard has an answer.

    No alert fires.
    """
    wait_for(
        lambda: len(prometheus.query("up == 1")) == len(watched.services) + 2, what="each target"
    )
    shell = Shell(watched, tmp_path)
    shell.run(
        "ffmpeg -v error -f lavfi -i sine=frequency=440:sample_rate=44100 -t 2 -c:a flac good.mkv"
        " && echo nothing > bad.mkv"
    )
    client = ApiClient(watched)
    fids = [client.upload(tmp_path / name) for name in ("good.mkv", "bad.mkv")]
    good = Resource((tmp_path / "good.mkv").read_bytes(), "video/x-matroska")
    fids.append(client.submit(site.serve("/good.mkv", good)))
    jobs = client.finished(fids, 60)
    assert [jobs[fid]["status"] for fid in fids] == ["ready", "failed", "ready"]
    for fid in fids:
        watched.mail_sink.mails.wait_for(to=LOGIN_EMAIL, text=fid)
    assert client.download(fids[0]).status_code == 200
    deadline = monotonic() + ANSWER_SECONDS
    while (unanswered := _unanswered(prometheus)) and monotonic() < deadline:
        ApiClient(watched).job(fids[0])  # rates are of what goes on
    assert not unanswered, "\n".join(unanswered)
    for worker in ("converter", "fetcher"):
        [scaled] = documents(COMPONENTS / "autoscaling" / f"{worker}.yaml")
        [demand] = prometheus.query(scaled["spec"]["triggers"][0]["metadata"]["query"])
        assert float(demand["value"][1]) == 0
    groups = prometheus.ask("rules")["groups"]
    states = {
        rule["name"]: (rule["health"], rule["state"]) for group in groups for rule in group["rules"]
    }
    assert len(states) == sum(len(group["rules"]) for group in rules()["groups"])
    assert set(states.values()) == {("ok", "inactive")}


def _unanswered(prometheus: Prometheus) -> list[str]:
    """The queries that nobody answers although somebody here could."""
    return [
        place
        for place, query in queries().items()
        if not any(name.startswith(OF_THE_CLUSTER) for name in metric_names(query))
        and not _is_answered(prometheus, place, query)
    ]


def _is_answered(prometheus: Prometheus, place: str, query: str) -> bool:
    if place.startswith(OF_TROUBLE):
        return all(_is_known(prometheus, name) for name in metric_names(query))
    return any(series["value"][1] != "NaN" for series in prometheus.query(query))


def _is_known(prometheus: Prometheus, name: str) -> bool:
    """Whether some target describes it, though it may have no series yet."""
    family = name.removesuffix("_total")  # as OpenMetrics has it
    return any(prometheus.ask("metadata", metric=each) for each in (name, family))
