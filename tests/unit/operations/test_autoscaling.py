"""The figures of the autoscaling component are those that its comments derive."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.jobs import Policy
from chassis.messages import LINK_QUEUE, VIDEO_QUEUE
from converter.settings import ConverterSettings
from fetcher.settings import FetcherSettings
from tests.monitoring import COMPONENTS, documents

FOLDER = COMPONENTS / "autoscaling"
AT_ONCE = {
    "converter": int(ConverterSettings.model_fields["conversions"].default),
    "fetcher": int(FetcherSettings.model_fields["fetches"].default),
}
QUEUES = {"converter": VIDEO_QUEUE, "fetcher": LINK_QUEUE}

each_worker = pytest.mark.parametrize("worker", AT_ONCE)


def scaled_object(worker: str) -> dict[str, Any]:
    """What scales converters, or fetchers."""
    [document] = documents(FOLDER / f"{worker}.yaml")
    spec: dict[str, Any] = document["spec"]
    return spec


def triggers(worker: str) -> dict[str, dict[str, Any]]:
    """Its triggers by kind."""
    return {trigger["type"]: trigger for trigger in scaled_object(worker)["triggers"]}


@each_worker
def test_it_scales_by_its_own_jobs(worker: str) -> None:
    """What waits for it, and what it works on."""
    assert scaled_object(worker)["scaleTargetRef"]["name"] == worker
    query = triggers(worker)["prometheus"]["metadata"]["query"]
    state = {"converter": "converting", "fetcher": "fetching"}[worker]
    waiting, at_work = query.split("+")
    assert f'jobs_waiting{{namespace="mp3converter",worker="{worker}"}}' in waiting
    assert f'jobs{{namespace="mp3converter",state="{state}"}}' in at_work


@each_worker
def test_a_job_waits_behind_one_other(worker: str) -> None:
    """For each job that a worker works on another may wait."""
    threshold = triggers(worker)["prometheus"]["metadata"]["threshold"]
    assert int(threshold) == 2 * AT_ONCE[worker]


@each_worker
def test_messages_ask_for_no_more_than_jobs_do(worker: str) -> None:
    """As long as nobody waits for a quarter of an hour: so often are jobs announced until then."""
    policy, waited, messages = Policy(), timedelta(), 1
    while (waited := waited + policy.announce_after(messages - 1)) < timedelta(minutes=15):
        messages += 1
    trigger = triggers(worker)["rabbitmq"]["metadata"]
    jobs = int(triggers(worker)["prometheus"]["metadata"]["threshold"])
    assert int(trigger["value"]) == jobs * messages
    assert trigger["queueName"] == QUEUES[worker]


@each_worker
def test_the_account_of_the_trigger_is_a_secret(worker: str) -> None:
    """The trigger names an authentication that names a Secret: no address, no password."""
    [authentication] = documents(FOLDER / "queues.yaml")
    trigger = triggers(worker)["rabbitmq"]
    assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
    assert "host" not in trigger["metadata"]
    [reference] = authentication["spec"]["secretTargetRef"]
    assert reference == {"parameter": "host", "name": "autoscaling", "key": "AMQP_URL"}


@each_worker
def test_one_drains_before_the_next_one_goes(worker: str) -> None:
    """One at a time, each with the time to finish, and to give back what it cannot finish."""
    [deployment] = [
        document
        for document in documents(FOLDER / "drain.yaml")
        if document["metadata"]["name"] == worker
    ]
    pod = deployment["spec"]["template"]["spec"]
    [drain] = [
        int(variable["value"])
        for variable in pod["containers"][0]["env"]
        if variable["name"] == "DRAIN_SECONDS"
    ]
    behavior = scaled_object(worker)["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    [policy] = behavior["scaleDown"]["policies"]
    assert (policy["type"], policy["value"]) == ("Pods", 1)
    assert drain < policy["periodSeconds"] < behavior["scaleDown"]["stabilizationWindowSeconds"]
    assert pod["terminationGracePeriodSeconds"] >= drain + 60


def test_there_are_always_two() -> None:
    """Nothing that users need is down to one replica."""
    least = [scaled_object(worker)["minReplicaCount"] for worker in AT_ONCE]
    for name in ("gateway", "auth"):
        [document] = documents(FOLDER / f"{name}.yaml")
        assert document["spec"]["scaleTargetRef"]["name"] == name
        least.append(document["spec"]["minReplicas"])
    assert min(least) == 2
