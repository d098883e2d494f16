"""Alerts, dashboard and autoscaling ask for metrics that somebody really offers."""

import ast
import re

import prometheus_client

import auth.metrics
import chassis.metrics
import converter.metrics
import fetcher.metrics
import gateway.metrics
import notification.metrics
import sweeper.metrics
from chassis.jobs import State
from fetcher.failures import CODES
from tests.monitoring import CHECKOUT, COMPONENTS, alerts, documents, metric_names, queries

OURS = (
    auth.metrics,
    chassis.metrics,
    converter.metrics,
    fetcher.metrics,
    gateway.metrics,
    notification.metrics,
    sweeper.metrics,
)

# Not ours, by the documents of who offers them.
FOREIGN = {
    # https://prometheus.io/docs/concepts/jobs_instances/
    "up",
    # https://prometheus.github.io/client_python/collector/
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    # https://www.rabbitmq.com/docs/prometheus; tests/e2e/test_monitoring.py asks a real one
    "rabbitmq_alarms_free_disk_space_watermark",
    "rabbitmq_alarms_memory_used_watermark",
    "rabbitmq_detailed_queue_consumers",
    "rabbitmq_detailed_queue_messages",
    "rabbitmq_detailed_queue_messages_ready",
    "rabbitmq_detailed_queue_messages_unacked",
    "rabbitmq_disk_space_available_bytes",
    "rabbitmq_disk_space_available_limit_bytes",
    "rabbitmq_process_resident_memory_bytes",
    "rabbitmq_resident_memory_limit_bytes",
    # https://github.com/kubernetes/kube-state-metrics/tree/main/docs
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_status_desired_replicas",
    "kube_pod_container_status_restarts_total",
    # https://kubernetes.io/docs/reference/instrumentation/metrics/
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}

_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
_SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}


def offered() -> set[str]:
    """The names of all samples that our services can have."""
    kinds = (prometheus_client.Counter, prometheus_client.Gauge, prometheus_client.Histogram)
    families = [
        family
        for module in OURS
        for metric in vars(module).values()
        if isinstance(metric, kinds)
        for family in metric.describe()
    ]
    return {family.name + suffix for family in families for suffix in _SUFFIXES[family.type]}


def expressions() -> dict[str, str]:
    """Every PromQL expression in k8s/components, by its place."""
    asked = {
        f"trigger {trigger['name']} of {worker}": trigger["metadata"]["query"]
        for worker in ("converter", "fetcher")
        for scaled in documents(COMPONENTS / "autoscaling" / f"{worker}.yaml")
        for trigger in scaled["spec"]["triggers"]
        if trigger["type"] == "prometheus"
    }
    return asked | queries() | {alert["alert"]: alert["expr"] for alert in alerts()}


def test_each_metric_exists() -> None:
    """Whatever is asked for is a metric of our code, or one that others document."""
    known = offered() | FOREIGN
    unknown = {place: metric_names(text) - known for place, text in expressions().items()}
    assert {place: names for place, names in unknown.items() if names} == {}


def test_what_others_offer_is_asked_for() -> None:
    """The list of others' metrics holds nothing that nobody needs any more."""
    assert set.union(*map(metric_names, expressions().values())) >= FOREIGN


def test_names_are_found_in_expressions() -> None:
    """The names of metrics are told apart from labels, functions, numbers and words of PromQL."""
    expression = """
        sum by (job, le) (rate(a_total{b="c_total{d}",e!~"f"}[5m])) / on(g) max(h:i_sum) > 1e3
        unless (j offset 5m == bool 3) and absent(k{l="m"}) or vector(0)
    """
    assert metric_names(expression) == {"a_total", "h:i_sum", "j", "k"}


def test_states_exist() -> None:
    """Jobs are asked for by states that jobs have."""
    asked = {
        state
        for text in expressions().values()
        for found in re.finditer(r"jobs(?:_oldest_seconds)?\{([^}]*)\}", text)
        for label, _, value in _MATCHER.findall(found[1])
        if label == "state"
        for state in value.split("|")
    }
    assert asked
    assert asked <= set(State)


def test_failures_that_are_ours_are_told_from_others() -> None:
    """What the converter calls retryable is what the alert counts; no fault of a video is."""
    pattern = outcomes_counted_by("ConversionsFail")
    ours = set(raised("Retryable")) | {"internal", "store_unavailable", "broker_unavailable"}
    assert ours > {"engine_crashed", "internal"}
    assert {code for code in ours if not re.fullmatch(pattern, code)} == set()
    assert {code for code in raised("Permanent") if re.fullmatch(pattern, code)} == set()


def test_failures_of_fetching_that_are_counted_exist() -> None:
    """What a site or a network does to us counts; what is in the sender's hands does not."""
    counted = set(outcomes_counted_by("FetchesFail").split("|"))
    others = {"internal", "store_unavailable", "broker_unavailable"}
    assert others <= counted <= CODES | others
    assert {"site_unavailable", "fetch_interrupted"} <= counted
    assert not counted & {"video_unavailable", "url_not_allowed", "too_large", "unknown_host"}


def outcomes_counted_by(name: str) -> str:
    """The pattern of outcomes of which an alert wants few."""
    [pattern] = {
        value
        for alert in alerts()
        if alert["alert"] == name
        for label, sign, value in _MATCHER.findall(alert["expr"])
        if (label, sign) == ("outcome", "=~")
    }
    return str(pattern)


def raised(error: str) -> list[str]:
    """The codes with which the converter makes errors of that class."""
    return [
        str(call.args[0].value)
        for path in (CHECKOUT / "src" / "converter").glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == error
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]
