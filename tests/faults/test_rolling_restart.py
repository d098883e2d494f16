"""Every service is restarted, one after another, while it is used."""

import threading
from typing import Self

from devstack.process import answers
from devstack.services import Service
from tests.faults.client import Burst
from tests.faults.clips import LONG_OPTIONS, Clips
from tests.faults.invariant import Promise
from tests.faults.recovery import Fault
from tests.faults.system import System

LOOK_SECONDS = 0.1


class Balancer:
    """Sends each request to a replica that says it is ready, as a Kubernetes Service does."""

    def __init__(self, replicas: list[Service]) -> None:
        self._replicas = replicas
        self._ready = list(replicas)
        self._turn = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def url(self) -> str:
        ready = self._ready
        self._turn += 1
        return ready[self._turn % len(ready)].url

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            ready = [one for one in self._replicas if answers(f"{one.url}/readyz")]
            self._ready = ready or self._ready

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._thread.join()


def test_rolling_restart(system: System, fault: Fault, clips: Clips) -> None:
    """Restarting every service under load fails no request, and does no job twice."""
    gateways = [system.service("gateway"), system.add_replica("gateway")]
    others = [system.service(name) for name in ("auth", "converter", "notification", "sweeper")]
    with Balancer(gateways) as balancer:
        client = system.client_of(balancer.url)
        with Burst(client, clips.short) as burst:
            burst.wait_for_accepted(3)
            for service in (*gateways, *others):
                service.stop()
                service.start()
                burst.wait_for_accepted(3)
            fault.ends()
            promises = burst.end()
    assert burst.refusals == []
    fault.assert_survived(promises)
    assert {system.job(promise.fid)["attempts"] for promise in promises} == {1}


def test_a_gateway_stops_under_an_upload(system: System, fault: Fault, clips: Clips) -> None:
    """A gateway that is told to stop finishes the uploads under way first."""
    gateway = system.service("gateway")
    stop = threading.Thread(target=gateway.stop)

    def stop_at_half(sent: int) -> None:
        if sent > len(content) / 2 and stop.ident is None:
            stop.start()

    content = clips.long.content()
    fid = system.client.upload_slowly(content, 4.0, options=LONG_OPTIONS, on_sent=stop_at_half)
    stop.join()
    gateway.start()
    fault.ends()
    fault.assert_survived([Promise(fid, clips.long.seconds)])
