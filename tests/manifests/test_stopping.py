"""Times and sizes that have to fit those of the code."""

from auth.server import GRACE_SECONDS
from converter.fork_client import _END_SECONDS as CHILD_END_SECONDS
from converter.settings import ConverterSettings
from devstack.settings_table import SERVICES
from fetcher.ytdlp_process import FRAGMENT_BYTES
from gateway.serving.server import _CLEANUP_SECONDS as CLEANUP_SECONDS
from gateway.settings import GatewaySettings
from notification.settings import NotificationSettings
from tests.manifests.workloads import Workload, amount_of_memory

MARGIN_SECONDS = 5
MEBIBYTE = 1 << 20


def number(pod: Workload, name: str) -> float:
    """A setting as the pod gets it, or as it is by default."""
    given = pod.settings().get(name)
    field = SERVICES[pod.name].model_fields[name.lower()]
    return float(field.default if given is None or given.value is None else given.value)


def sleeps_before(pod: Workload) -> int:
    """Seconds that the pod goes on before it is told to stop."""
    if "lifecycle" not in pod.container:
        return 0
    program, seconds = pod.container["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "sleep"
    return int(seconds)


def grace(pod: Workload) -> int:
    seconds: int = pod.pod["terminationGracePeriodSeconds"]
    return seconds - MARGIN_SECONDS


def test_the_gateway_has_time_for_what_is_under_way(pods: dict[str, Workload]) -> None:
    """It is killed only after its drain, its grace and its cleaning up."""
    pod = pods["gateway"]
    needed = number(pod, "DRAIN_SECONDS") + number(pod, "GRACE_SECONDS") + CLEANUP_SECONDS
    assert grace(pod) >= needed
    # A Service hears of a pod that stops within a few seconds, of one that is not ready later.
    assert number(pod, "DRAIN_SECONDS") >= GatewaySettings.model_fields["drain_seconds"].default


def test_auth_has_time_for_what_is_under_way(pods: dict[str, Workload]) -> None:
    """It accepts requests until everybody knows that it stops, then finishes those it has."""
    assert sleeps_before(pods["auth"]) >= MARGIN_SECONDS
    assert grace(pods["auth"]) >= sleeps_before(pods["auth"]) + GRACE_SECONDS


def test_a_converter_finishes_its_jobs_or_gives_them_back(pods: dict[str, Workload]) -> None:
    """After its drain it has time to end its children and to write down that it gives back."""
    stores_seconds = 30
    needed = number(pods["converter"], "DRAIN_SECONDS") + 2 * CHILD_END_SECONDS + stores_seconds
    assert grace(pods["converter"]) >= needed


def test_a_fetcher_finishes_its_jobs_or_gives_them_back(pods: dict[str, Workload]) -> None:
    """After its drain it has time to end what it runs and to write down that it gives back."""
    stores_seconds = 30
    assert grace(pods["fetcher"]) >= number(pods["fetcher"], "DRAIN_SECONDS") + stores_seconds


def test_notification_finishes_its_mails(pods: dict[str, Workload]) -> None:
    """One mail that has just begun, and what waits for its place."""
    settings = NotificationSettings.model_fields
    timeout = settings["mail_timeout_seconds"].default
    assert grace(pods["notification"]) >= 2 * timeout


def test_updates_take_nothing_away(pods: dict[str, Workload]) -> None:
    """A new pod of a service is ready before an old one is told to stop."""
    for service in SERVICES:
        strategy = pods[service].found["spec"]["strategy"]["rollingUpdate"]
        assert strategy == {"maxSurge": 1, "maxUnavailable": 0}


def test_a_converter_has_room_for_all_that_it_may_do_at_once(pods: dict[str, Workload]) -> None:
    """Its memory limit holds as many conversions as it takes on, each as large as it may be."""
    pod = pods["converter"]
    at_once = number(pod, "CONVERSIONS") + number(pod, "FOLLOWED_UPLOADS")
    each = number(pod, "CONVERSION_MEMORY_MB") + number(pod, "READER_MEMORY_MB")
    itself = 250
    assert pod.memory_limit >= (at_once * each + itself) * MEBIBYTE
    assert "encoder_threads" in ConverterSettings.model_fields
    limit = pod.container["resources"]["limits"]["cpu"]
    assert pod.settings()["ENCODER_THREADS"].value == limit


def test_a_fetcher_has_room_for_all_that_it_may_do_at_once(pods: dict[str, Workload]) -> None:
    """Its memory holds a run of yt-dlp for each fetch, its scratch folder a piece for each."""
    pod, itself = pods["fetcher"], 250
    at_once = number(pod, "FETCHES")
    assert pod.memory_limit >= (at_once * number(pod, "YT_DLP_MEMORY_MB") + itself) * MEBIBYTE
    [scratch] = [volume["emptyDir"] for volume in pod.pod["volumes"] if "emptyDir" in volume]
    assert amount_of_memory(scratch["sizeLimit"]) >= at_once * 2 * FRAGMENT_BYTES


def test_auth_has_room_for_all_passwords_at_once(pods: dict[str, Workload]) -> None:
    """Its memory limit holds a password being hashed on every thread."""
    pod = pods["auth"]
    itself = 100 * MEBIBYTE
    hashing = number(pod, "THREADS") * number(pod, "PASSWORD_MEMORY_KIB") * 1024
    assert pod.memory_limit >= hashing + itself


def test_the_gateway_has_room_for_its_connections(pods: dict[str, Workload]) -> None:
    """Its memory limit holds a chunk for each connection that it accepts."""
    pod = pods["gateway"]
    itself = 200 * MEBIBYTE
    assert pod.memory_limit >= number(pod, "MAX_CONNECTIONS") * MEBIBYTE + itself
