"""The first address that takes the connection is the one; others hold it up for moments only."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_address

import pytest

from chassis.link_rules import Endpoint
from devstack.ports import LOOPBACK
from fetcher.guard.dialing import Unreachable, dial


@pytest.fixture
def listening() -> Iterator[Endpoint]:
    """Who takes connections."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        yield ip_address(LOOPBACK), listener.getsockname()[1]


@pytest.fixture
def closed() -> Endpoint:
    """Who refuses connections."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        return ip_address(LOOPBACK), listener.getsockname()[1]


@pytest.fixture
def silent() -> Iterator[Endpoint]:
    """Who says nothing: its queue is full."""
    with ExitStack() as kept:
        listener = kept.enter_context(socket.create_server((LOOPBACK, 0), backlog=0))
        for _ in range(3):
            waiting = kept.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield ip_address(LOOPBACK), listener.getsockname()[1]


def test_an_address_that_refuses_or_is_silent_is_passed_over(
    listening: Endpoint, closed: Endpoint, silent: Endpoint
) -> None:
    """Also one that this machine has no way to."""
    nowhere = (ip_address("2001:db8::1"), 80)
    with dial([nowhere, closed, silent, listening], 20) as connected:
        assert connected.getpeername() == (LOOPBACK, listening[1])
        assert connected.getblocking()


def test_none_is_said_to_refuse(closed: Endpoint) -> None:
    """Where all have said so."""
    with pytest.raises(Unreachable) as raised:
        dial([closed, closed], 20)
    assert raised.value.in_time


def test_none_is_said_to_be_silent(closed: Endpoint, silent: Endpoint) -> None:
    """Where one has not said anything in time."""
    with pytest.raises(Unreachable) as raised:
        dial([closed, silent], 0.5)
    assert not raised.value.in_time
