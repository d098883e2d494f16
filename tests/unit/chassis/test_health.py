"""Liveness, readiness and metrics."""

from collections.abc import Iterator

import pytest
import requests

from chassis import health
from chassis.health import HealthServer, Heartbeat


class Check:
    """A check whose answer the test decides; None: it raises."""

    answer: bool | None = True

    def __call__(self) -> bool:
        if self.answer is None:
            raise OSError("not reachable")
        return self.answer


@pytest.fixture
def check() -> Check:
    return Check()


@pytest.fixture
def url(check: Check) -> Iterator[str]:
    server = HealthServer("127.0.0.1", 0, live={}, ready={"store": check})
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


@pytest.mark.parametrize(("answer", "status"), [(True, 200), (False, 503), (None, 503)])
def test_readiness_says_what_the_checks_say(
    url: str, check: Check, answer: bool | None, status: int
) -> None:
    """All checks pass: 200; one fails or raises: 503, and which one."""
    check.answer = answer
    response = requests.get(f"{url}/readyz", timeout=10)
    assert response.status_code == status
    assert response.json() == {"store": "ok" if answer else "failed"}
    assert requests.get(f"{url}/healthz", timeout=10).status_code == 200


def test_metrics_are_prometheus_text(url: str) -> None:
    """Counters of this process in the format that Prometheus reads; nothing else is there."""
    assert (
        "# TYPE process_cpu_seconds_total counter"
        in requests.get(f"{url}/metrics", timeout=10).text
    )
    assert requests.get(f"{url}/other", timeout=10).status_code == 404


def test_a_loop_that_hangs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat is well until it was silent for its limit, and again after the next beat."""
    now = 100.0
    monkeypatch.setattr(health, "monotonic", lambda: now)
    heartbeat = Heartbeat(limit=5)
    now = 104.9
    assert heartbeat()
    now = 105.0
    assert not heartbeat()
    heartbeat.beat()
    assert heartbeat()
