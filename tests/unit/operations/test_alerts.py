"""The alerts, by Prometheus' own tools: they are PromQL, and do in examples what they say."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring import CHECKOUT, alerts, queries, rules

EXAMPLES = sorted((CHECKOUT / "tests" / "alerts").glob("*.yaml"))


def promtool(*arguments: str | Path) -> str:
    """What promtool says; fails with it."""
    done = subprocess.run(
        ["promtool", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    said = done.stdout.decode()
    assert done.returncode == 0, said
    return said


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(rules()))
    return path


def test_prometheus_takes_them(rule_file: Path) -> None:
    """Every expression and template is well formed, no rule is there twice."""
    assert f"{len(alerts())} rules found" in promtool("check", "rules", rule_file)


def test_prometheus_takes_the_dashboard(tmp_path: Path) -> None:
    """Every query of the dashboard is PromQL."""
    records = [
        {"record": f"query:{number}", "expr": query}
        for number, query in enumerate(queries().values())
    ]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": records}]}))
    assert f"{len(records)} rules found" in promtool("check", "rules", path)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples(rule_file: Path, example: Path) -> None:
    """Each alert fires and is silent where the examples say so, with the words that they have."""
    filled = yaml.safe_load(example.read_text()) | {"rule_files": [str(rule_file)]}
    path = rule_file.with_name(example.name)
    path.write_text(yaml.safe_dump(filled))
    promtool("test", "rules", path)


def test_each_has_examples() -> None:
    """No alert comes without an example in which it fires."""
    told = [
        told
        for path in EXAMPLES
        for example in yaml.safe_load(path.read_text())["tests"]
        for told in example["alert_rule_test"]
    ]
    firing = {each["alertname"] for each in told if each.get("exp_alerts")}
    assert firing == {alert["alert"] for alert in alerts()}


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_each_says_how_urgent_it_is_and_what_to_do(alert: dict[str, Any]) -> None:
    """Whoever is woken finds a sentence and a section of the handbook."""
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["summary"]
    document, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert anchor == alert["alert"].lower()
    headings = [
        line.lstrip("# ").lower()
        for line in (CHECKOUT / document).read_text().splitlines()
        if line.startswith("#")
    ]
    assert headings.count(anchor) == 1
