"""Who may reach whom, as the network policies say."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from chassis.public_addresses import _NOT_PUBLIC_4, _NOT_PUBLIC_6, IPAddress, is_public
from devstack.manifests import Object
from devstack.settings_table import SERVICES
from tests.manifests.workloads import Workload, objects, workloads

# What has to be reached by whoever has the setting.
TARGETS = {
    "AUTH_URL": ("auth", 8080),
    "MONGODB_URL": ("mongodb", 27017),
    "AMQP_URL": ("rabbitmq", 5672),
    "MYSQL_URL": ("mysql", 3306),
    "SMTP_URL": ("mail-sink", 1025),
}
NODE_DNS = "169.254.20.10/32"
INTERNET = {"0.0.0.0/0", "2000::/3"}

Edge = tuple[str, str, int]


def needed() -> set[Edge]:
    """What each service needs by its settings."""
    return {
        (service, *TARGETS[name.upper()])
        for service, kind in SERVICES.items()
        for name in kind.model_fields
        if name.upper() in TARGETS
    }


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    assert selector.keys() <= {"matchLabels"}, "other selectors are not read here"
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()


def rules(overlay: list[Object], pod: Workload, direction: str) -> Iterator[dict[str, Any]]:
    """The rules for `pod` of all policies in one direction: ingress or egress."""
    for policy in objects(overlay, "NetworkPolicy"):
        spec = policy["spec"]
        if matches(spec["podSelector"], pod.labels):
            yield from spec.get(direction, [])


def isolated(overlay: list[Object], pod: Workload, direction: str) -> bool:
    """Whether a policy forbids what no rule allows."""
    return any(
        matches(policy["spec"]["podSelector"], pod.labels)
        and direction.capitalize() in policy["spec"]["policyTypes"]
        for policy in objects(overlay, "NetworkPolicy")
    )


def allowed(overlay: list[Object], pod: Workload, direction: str, peer: Workload) -> set[int]:
    """The ports of a connection between `pod` and `peer` that the rules for `pod` allow."""
    end = "from" if direction == "ingress" else "to"
    return {
        port["port"]
        for rule in rules(overlay, pod, direction)
        for selector in rule[end]
        if selector.keys() == {"podSelector"} and matches(selector["podSelector"], peer.labels)
        for port in rule["ports"]
    }


def edges(overlay: list[Object]) -> set[Edge]:
    """Every connection from a pod to a port of another that is allowed on both ends."""
    pods = workloads(overlay)
    return {
        (source.name, target.name, port)
        for source in pods.values()
        for target in pods.values()
        for port in allowed(overlay, source, "egress", target)
        & allowed(overlay, target, "ingress", source)
    }


def test_everything_is_closed_first(overlay: list[Object], pods: dict[str, Workload]) -> None:
    """No pod, of whatever kind, is reached or reaches out because no policy speaks of it."""
    for pod in pods.values():
        assert isolated(overlay, pod, "ingress")
        assert isolated(overlay, pod, "egress")


def test_each_reaches_what_it_needs_and_nothing_else(overlays: dict[str, list[Object]]) -> None:
    """With everything inside, the connections allowed are those that the settings speak of."""
    assert edges(overlays["minikube"]) == needed()


def test_those_ports_are_open(overlays: dict[str, list[Object]]) -> None:
    """Policies name the ports on which somebody listens."""
    pods = workloads(overlays["minikube"])
    for _source, target, port in edges(overlays["minikube"]):
        assert port in pods[target].ports.values()


def test_with_stores_outside_inner_ways_stay_the_same(overlays: dict[str, list[Object]]) -> None:
    """In production, too, the gateway alone asks auth, and no other service asks another."""
    assert edges(overlays["production"]) == {edge for edge in needed() if edge[1] in SERVICES}


def outside(overlay: list[Object], pod: Workload) -> set[tuple[str, int]]:
    """The networks that `pod` may reach, with ports."""
    return {
        (peer["ipBlock"]["cidr"], port["port"])
        for rule in rules(overlay, pod, "egress")
        for peer in rule["to"]
        if "ipBlock" in peer
        for port in rule["ports"]
    }


def test_who_reaches_the_internet(overlay: list[Object], pods: dict[str, Workload]) -> None:
    """The fetcher does, on the ports of links. Others get out to the stores' networks at most."""
    stores = {"MONGODB_URL": 27017, "AMQP_URL": 5671, "MYSQL_URL": 3306, "SMTP_URL": 587}
    for pod in pods.values():
        reached = outside(overlay, pod)
        assert {port for cidr, port in reached if cidr == NODE_DNS} == {53}
        internet = {(cidr, port) for cidr, port in reached if cidr in INTERNET}
        assert bool(internet) == (pod.name == "fetcher")
        if internet:
            ports = {int(port) for port in str(pod.settings()["LINK_PORTS"].value).split(",")}
            assert internet == {(cidr, port) for cidr in INTERNET for port in ports}
        others = {(cidr, port) for cidr, port in reached - internet if cidr != NODE_DNS}
        assert not [cidr for cidr, _ in others if int(cidr.partition("/")[2]) < 16]
        if others:
            used = {port for name, port in stores.items() if name in pod.settings()}
            assert {port for _, port in others} == used


def may_be_reached(overlay: list[Object], pod: Workload, address: IPAddress) -> bool:
    """Whether a rule for the internet lets `pod` connect to `address`."""
    blocks = [
        peer["ipBlock"]
        for rule in rules(overlay, pod, "egress")
        for peer in rule["to"]
        if peer.get("ipBlock", {}).get("cidr") in INTERNET
    ]
    return any(
        address in ip_network(block["cidr"])
        and not any(address in ip_network(network) for network in block["except"])
        for block in blocks
    )


def around(network: IPv4Network | IPv6Network) -> Iterator[IPAddress]:
    """The first and the last address of a network, and the one before and after."""
    first, last = network.network_address, network.broadcast_address
    yield from (first, last)
    if int(first):
        yield first - 1
    if int(last) + 1 < 2**network.max_prefixlen:
        yield last + 1


def test_the_internet_is_what_is_public(overlay: list[Object], pods: dict[str, Workload]) -> None:
    """What the policy lets through is, at every border, what the code takes for public."""
    networks = [*_NOT_PUBLIC_4, *_NOT_PUBLIC_6, ip_network("2000::/3"), ip_network("fc00::/7")]
    known = [ip_address(text) for text in ("8.8.8.8", "169.254.169.254", "fd00:ec2::254", "::1")]
    addresses = [*known, *(address for network in networks for address in around(network))]
    allowed = {one for one in addresses if may_be_reached(overlay, pods["fetcher"], one)}
    assert allowed == {address for address in addresses if is_public(address)}


def test_from_outside_only_the_gateway_and_metrics_are_reached(
    overlay: list[Object], pods: dict[str, Workload]
) -> None:
    """The ingress controller reaches the API, monitoring the port of that name; KEDA, RabbitMQ."""
    found = {
        (peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], pod.name, port)
        for pod in pods.values()
        for rule in rules(overlay, pod, "ingress")
        for peer in rule["from"]
        if "namespaceSelector" in peer
        for port in (one["port"] for one in rule["ports"])
    }
    expected: set[tuple[str, str, int | str]] = {("ingress-nginx", "gateway", 8080)}
    expected |= {("monitoring", pod.name, "metrics") for pod in pods.values()}
    if "rabbitmq" in pods:
        expected.add(("keda", "rabbitmq", 5672))
    assert found == expected
