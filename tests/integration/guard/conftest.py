"""A guard for each test, a site and a name server for all of them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import ip_address

import pytest

from chassis.link_rules import LinkRules
from devstack.ports import LOOPBACK
from fetcher.guard.limits import GuardLimits
from fetcher.guard.name_resolver import NameResolver
from fetcher.guard.server import Guard
from tests.integration.guard.site import Site, Trap, site
from tests.name_server import NameServer, name_server

LIMITS = GuardLimits(head_seconds=5, connect_seconds=5, idle_seconds=20)

StartGuard = Callable[..., Guard]


@pytest.fixture(scope="module")
def plain_site() -> Iterator[Site]:
    """A site that speaks plain HTTP."""
    with site() as served:
        yield served


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    """A name server."""
    with name_server() as served:
        yield served


@pytest.fixture
def trap() -> Iterator[Trap]:
    """Where nobody must come."""
    listening = Trap()
    yield listening
    listening.close()


@pytest.fixture
def start_guard(names: NameServer) -> Iterator[StartGuard]:
    """Starts guards that ask `names`: `opened` are ports of loopback, `ports` those of anywhere."""
    with ExitStack() as running:

        def start(
            *opened: int,
            ports: tuple[int, ...] = (80, 443),
            hosts: tuple[str, ...] = (),
            limits: GuardLimits = LIMITS,
        ) -> Guard:
            loopback = ip_address(LOOPBACK)
            rules = LinkRules(
                hosts=frozenset(hosts),
                ports=frozenset(ports),
                open_addresses=frozenset((loopback, port) for port in opened),
            )
            resolver = NameResolver([(loopback, names.port)], seconds=2)
            return running.enter_context(Guard(rules, resolver, limits))

        yield start
