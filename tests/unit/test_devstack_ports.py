"""Choosing ports: what is taken or wrong is said in words that help."""

import socket

import pytest

from devstack.ports import LOOPBACK, BadPort, Purpose, choose, free_port, is_free

PURPOSES = (Purpose("GATEWAY_PORT", free_port(), "the gateway"), Purpose("AUTH_PORT", 1, "auth"))


def test_defaults_stand_unless_a_variable_changes_them() -> None:
    """Each purpose gets its default port, or the one that its variable names."""
    other = free_port()
    assert choose(PURPOSES, {"AUTH_PORT": str(other)}) == {
        "GATEWAY_PORT": PURPOSES[0].default,
        "AUTH_PORT": other,
    }


def test_a_taken_port_is_named_with_the_variable_that_changes_it() -> None:
    """Whoever meets a taken port learns which one, for what, and what to set."""
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(BadPort, match=rf"port {port}, wanted for auth, .*AUTH_PORT=PORT"):
            choose(PURPOSES, {"AUTH_PORT": str(port)})


@pytest.mark.parametrize("text", ["", "http", "0", "65536", "-1", "tcp://10.0.0.1:80", "٨٠"])
def test_what_is_no_port_is_refused(text: str) -> None:
    """A variable that holds anything but a port number is named."""
    with pytest.raises(BadPort, match=r"AUTH_PORT=.* is not a port"):
        choose(PURPOSES, {"AUTH_PORT": text})


def test_everything_wrong_is_said_at_once() -> None:
    """Nobody has to start three times to learn of three mistakes."""
    same = str(free_port())
    with pytest.raises(BadPort) as caught:
        choose(
            (*PURPOSES, Purpose("SMTP_PORT", 0, "mail")), {"GATEWAY_PORT": same, "AUTH_PORT": same}
        )
    assert str(caught.value).splitlines() == [
        f"AUTH_PORT={same} is chosen for something else, too",
        "SMTP_PORT=0 is not a port (1 to 65535)",
    ]


def test_free_ports_differ() -> None:
    """Two servers of one test run never get the same port."""
    ports = [free_port() for _ in range(200)]
    assert len(set(ports)) == len(ports)
