"""The figures of the autoscaling component are those that its comments derive."""

from datetime import timedelta
from typing import Any

from chassis.jobs import Policy
from chassis.messages import VIDEO_QUEUE
from converter.settings import ConverterSettings
from tests.monitoring import COMPONENTS, documents

FOLDER = COMPONENTS / "autoscaling"
CONVERSIONS = int(ConverterSettings.model_fields["conversions"].default)


def scaled_object() -> dict[str, Any]:
    """What scales the converter."""
    spec: dict[str, Any] = documents(FOLDER / "converter.yaml")[0]["spec"]
    return spec


def triggers() -> dict[str, dict[str, Any]]:
    """Its triggers by kind."""
    return {trigger["type"]: trigger for trigger in scaled_object()["triggers"]}


def test_a_job_waits_behind_one_other() -> None:
    """For each job that a converter works on another may wait."""
    assert int(triggers()["prometheus"]["metadata"]["threshold"]) == 2 * CONVERSIONS


def test_messages_ask_for_no_more_than_jobs_do() -> None:
    """As long as nobody waits for a quarter of an hour: so often are jobs announced until then."""
    policy, waited, messages = Policy(), timedelta(), 1
    while (waited := waited + policy.announce_after(messages - 1)) < timedelta(minutes=15):
        messages += 1
    trigger = triggers()["rabbitmq"]["metadata"]
    jobs = int(triggers()["prometheus"]["metadata"]["threshold"])
    assert int(trigger["value"]) == jobs * messages
    assert trigger["queueName"] == VIDEO_QUEUE


def test_the_account_of_the_trigger_is_a_secret() -> None:
    """The trigger names an authentication that names a Secret: no address, no password."""
    [_, authentication] = documents(FOLDER / "converter.yaml")
    trigger = triggers()["rabbitmq"]
    assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
    assert "host" not in trigger["metadata"]
    [reference] = authentication["spec"]["secretTargetRef"]
    assert reference == {"parameter": "host", "name": "autoscaling", "key": "AMQP_URL"}


def test_a_converter_drains_before_the_next_one_goes() -> None:
    """One at a time, each with the time to finish, and to give back what it cannot finish."""
    [deployment] = documents(FOLDER / "drain.yaml")
    pod = deployment["spec"]["template"]["spec"]
    [drain] = [
        int(variable["value"])
        for variable in pod["containers"][0]["env"]
        if variable["name"] == "DRAIN_SECONDS"
    ]
    behavior = scaled_object()["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    [policy] = behavior["scaleDown"]["policies"]
    assert (policy["type"], policy["value"]) == ("Pods", 1)
    assert drain < policy["periodSeconds"] < behavior["scaleDown"]["stabilizationWindowSeconds"]
    assert pod["terminationGracePeriodSeconds"] >= drain + 60


def test_there_are_always_two() -> None:
    """Nothing that users need is down to one replica."""
    least = [scaled_object()["minReplicaCount"]]
    for name in ("gateway", "auth"):
        [document] = documents(FOLDER / f"{name}.yaml")
        assert document["spec"]["scaleTargetRef"]["name"] == name
        least.append(document["spec"]["minReplicas"])
    assert min(least) == 2
