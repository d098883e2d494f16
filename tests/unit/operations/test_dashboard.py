"""The Grafana dashboard is consistent in itself."""

from itertools import combinations

from tests.monitoring import COMPONENTS, dashboard, documents, panels

WIDTH = 24  # columns of Grafana's grid


def test_panels_are_told_apart() -> None:
    """Ids and titles are unique; every panel and query asks the chosen Prometheus."""
    ids = [panel["id"] for panel in dashboard()["panels"]]
    titles = [panel["title"] for panel in dashboard()["panels"]]
    assert len(set(ids)) == len(ids)
    assert len(set(titles)) == len(titles)
    [chosen] = [
        variable
        for variable in dashboard()["templating"]["list"]
        if variable["type"] == "datasource"
    ]
    source = {"type": chosen["query"], "uid": f"${{{chosen['name']}}}"}
    for panel in panels():
        assert panel["datasource"] == source
        assert panel["description"]
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references) > 0
        assert all(target["datasource"] == source for target in panel["targets"])


def test_panels_do_not_cover_each_other() -> None:
    """Each has its own place on the grid."""
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= WIDTH
    for one, other in combinations(dashboard()["panels"], 2):
        assert not _overlap(one["gridPos"], other["gridPos"]), (one["title"], other["title"])


def test_grafana_finds_it() -> None:
    """It is a ConfigMap that Grafana's sidecar looks for by label, under a name that stays."""
    [component] = documents(COMPONENTS / "monitoring" / "kustomization.yaml")
    [generated] = component["configMapGenerator"]
    assert generated["files"] == ["dashboard.json"]
    assert generated["options"]["labels"]["grafana_dashboard"] == "1"
    assert generated["options"]["disableNameSuffixHash"]
    assert dashboard()["uid"]


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )
