"""What k8s/components has for Prometheus, Grafana and KEDA, as tests look at it."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parent.parent
COMPONENTS = CHECKOUT / "k8s" / "components"
NAMESPACE = "mp3converter"

_TEXT = re.compile(r'"[^"]*"')
_LABELS = re.compile(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)")
_WORD = re.compile(r"(?<![\w$.])[a-zA-Z_:][\w:]*(?!\w*\s*\()")
_MATCHERS = re.compile(r"\{[^}]*\}")
_RANGE = re.compile(r"\[[^\]]*\]")
_KEYWORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "le"}


def documents(path: Path) -> list[dict[str, Any]]:
    """The Kubernetes objects in a file."""
    return list(yaml.safe_load_all(path.read_text()))


def rules() -> dict[str, Any]:
    """The groups of alerts, as Prometheus' own rule files have them."""
    [document] = documents(COMPONENTS / "monitoring" / "alerts.yaml")
    spec: dict[str, Any] = document["spec"]
    return spec


def alerts() -> list[dict[str, Any]]:
    """Every alert."""
    return [rule for group in rules()["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    """The Grafana dashboard."""
    loaded: dict[str, Any] = json.loads((COMPONENTS / "monitoring" / "dashboard.json").read_text())
    return loaded


def panels() -> list[dict[str, Any]]:
    """The dashboard's panels that show something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> dict[str, str]:
    """Each query of the dashboard by its place, with Grafana's variables filled in."""
    return {
        f"{panel['title']}, {target['refId']}": target["expr"]
        .replace("$namespace", NAMESPACE)
        .replace("$__rate_interval", "5m")
        for panel in panels()
        for target in panel["targets"]
    }


def metric_names(expression: str) -> set[str]:
    """The metrics that a PromQL expression names."""
    for pattern in (_TEXT, _MATCHERS, _RANGE, _LABELS):
        expression = pattern.sub(" ", expression)
    return set(_WORD.findall(expression)) - _KEYWORDS
