"""What is done to the system while it works."""

import random
import time
from collections.abc import Callable, Sequence

from devstack.cluster.journal import Journal
from devstack.cluster.kubectl import KubectlFailed, Namespace

KILL_EVERY_SECONDS = 6.0
WORK_SECONDS = 20.0


class Faults:
    """Restarts, kills and scaling of the Deployments `names`."""

    def __init__(
        self,
        namespace: Namespace,
        names: Sequence[str],
        journal: Journal,
        say: Callable[[str], None],
    ) -> None:
        self._namespace = namespace
        self._names = names
        self._journal = journal
        self._say = say

    def restart_each(self) -> None:
        """A rolling restart of every Deployment, one after another."""
        for name in self._names:
            began = time.monotonic()
            self._namespace.restart(name)
            self._say(f"  {name} restarted in {time.monotonic() - began:.0f} s")

    def kill_at_random(self, seconds: float) -> None:
        """Kill a pod every few seconds: its processes, or the pod with all it has.

        Never the last one of a service that is ready.
        """
        deadline = time.monotonic() + seconds
        while (now := time.monotonic()) < deadline:
            name = random.choice(self._names)  # noqa: S311 - no secret
            pods = self._namespace.ready_pods(name)
            if len(pods) > 1:
                self._kill(name, random.choice(pods))  # noqa: S311 - no secret
            time.sleep(max(0.0, min(deadline, now + KILL_EVERY_SECONDS) - time.monotonic()))
        for name in self._names:
            self._namespace.await_rollout("deployment", name)

    def scale_up_and_down(self, name: str, replicas: int) -> None:
        """From one pod to `replicas` and back, with time to work in between."""
        for count in (1, replicas, 1):
            self._namespace.scale(name, count)
            self._say(f"  {name} has {count}")
            time.sleep(WORK_SECONDS)

    def _kill(self, service: str, pod: str) -> None:
        removing = random.choice((True, False))  # noqa: S311 - no secret
        self._say(f"  {'removing' if removing else 'killing'} {pod}")
        self._journal.kill(service)
        try:
            if removing:
                self._namespace.kubectl("delete", "pod", pod, "--grace-period=0", "--force")
            else:
                # All but the first process, which ends when its child does.
                self._namespace.kubectl("exec", pod, "--", "sh", "-c", "kill -9 -1")
        except KubectlFailed as error:
            if "137" not in str(error):  # the shell may go with the rest
                self._say(f"  {error}")
