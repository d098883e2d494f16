"""A real Prometheus on loopback that scrapes what a test tells it to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests
import yaml

from devstack.ports import LOOPBACK
from devstack.server import Server

TIMEOUT = 10


class Prometheus(Server):
    """Scrapes each of `targets` (its labels, and its URL) every second; loads `rules`."""

    title = "prometheus"

    def __init__(
        self,
        folder: Path,
        port: int,
        targets: Sequence[tuple[Mapping[str, str], str]],
        rules: Mapping[str, Any],
    ) -> None:
        super().__init__(folder, port)
        self._targets = targets
        self._rules = rules

    @property
    def url(self) -> str:
        """Address of its API."""
        return f"http://{LOOPBACK}:{self.port}"

    def command(self) -> list[str]:
        """The server, with its data in its folder."""
        return [
            "prometheus",
            f"--config.file={self.folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address={LOOPBACK}:{self.port}",
            "--log.level=warn",
        ]

    def prepare(self) -> None:
        """Write its configuration."""
        super().prepare()
        (self.folder / "rules.yaml").write_text(yaml.safe_dump(dict(self._rules)))
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(self.folder / "rules.yaml")],
            "scrape_configs": [
                _scraped(number, labels, url) for number, (labels, url) in enumerate(self._targets)
            ],
        }
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))

    def answering(self) -> bool:
        """Whether it is ready."""
        try:
            return requests.get(f"{self.url}/-/ready", timeout=TIMEOUT).status_code == 200
        except requests.RequestException:
            return False

    def ask(self, path: str, **parameters: str) -> Any:
        """What its API says to a GET."""
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression selects now."""
        result: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return result


def _scraped(number: int, labels: Mapping[str, str], url: str) -> dict[str, Any]:
    address, _, path = url.removeprefix("http://").partition("/")
    path, _, query = path.partition("?")
    families = [each.partition("=")[2] for each in query.split("&") if each]
    return {
        "job_name": str(number),
        "metrics_path": f"/{path}",
        "params": {"family": families},
        "static_configs": [{"targets": [address], "labels": dict(labels)}],
    }
