"""The network of the benchmarks' own: away from this machine's, and gone with them."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import own_network
from devstack.services import CHECKOUT

NOBODY = 65534
PROGRAM = """
import encodings.idna, json, os, socket, sys  # now, for nobody may read nothing of it later
from benchmarks import own_network

if sys.argv[2:]:
    os.setuid(int(sys.argv[2]))
entered = own_network.enter()
with socket.create_server(("127.0.0.1", 0)) as server:
    with socket.create_connection(server.getsockname()) as near:
        far, _ = server.accept()
        with far:
            near.sendall(b"through")
            arrived = far.recv(7).decode()
        control = near.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
with socket.socket() as outside:
    reaches_the_machine = outside.connect_ex(("127.0.0.1", int(sys.argv[1]))) == 0
print(json.dumps({
    "entered": entered,
    "arrived": arrived,
    "control": control.rstrip(b"\\0").decode(),
    "reaches_the_machine": reaches_the_machine,
}))
"""


def entered(*user: int) -> dict[str, object]:
    """What a process finds that has entered a network of its own, or tried to, as that user."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(port), *map(str, user)],
            env={"PYTHONPATH": os.pathsep.join(map(str, (CHECKOUT, CHECKOUT / "src")))},
            cwd=Path("/"),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a network")
def test_the_benchmarks_have_a_loopback_of_their_own_with_the_default_of_linux() -> None:
    before = own_network.congestion_control()
    assert entered() == {
        "entered": True,
        "arrived": "through",
        "control": "cubic",
        "reaches_the_machine": False,
    }
    assert own_network.congestion_control() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_user_who_may_not_make_one_measures_on_the_loopback_of_the_machine() -> None:
    assert entered(NOBODY) == {
        "entered": False,
        "arrived": "through",
        "control": own_network.congestion_control(),
        "reaches_the_machine": True,
    }
