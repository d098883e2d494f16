"""TCP ports on loopback: choosing free ones, and saying plainly that one is taken."""

import random
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"

# Below Linux' range for outgoing connections (net.ipv4.ip_local_port_range), so that no client
# takes the port of a server that a test has killed and is about to start again.
_LOWEST, _HIGHEST = 12_000, 32_000
_MAXIMUM = 65_535
_given: set[int] = set()
_lock = threading.Lock()


class BadPort(ValueError):
    """A port that is needed is in use or is none; the text says which, and what changes it."""


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on; never the same twice in one process."""
    with _lock:
        while True:
            port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 - no secret
            if port not in _given and is_free(port):
                _given.add(port)
                return port


@dataclass(frozen=True)
class Purpose:
    """What a port is for: the variable that changes it, its default, and whose it is."""

    variable: str
    default: int
    owner: str


def choose(purposes: Sequence[Purpose], environ: Mapping[str, str]) -> dict[str, int]:
    """The port of each purpose by its variable; raises BadPort naming every one that is no use."""
    ports: dict[str, int] = {}
    problems: list[str] = []
    for purpose in purposes:
        text = environ.get(purpose.variable, str(purpose.default))
        if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _MAXIMUM:
            problems.append(f"{purpose.variable}={text} is not a port (1 to {_MAXIMUM})")
        elif int(text) in ports.values():
            problems.append(f"{purpose.variable}={text} is chosen for something else, too")
        elif not is_free(int(text)):
            problems.append(
                f"port {text}, wanted for {purpose.owner}, is taken by another program: "
                f"end that program, or choose another port by {purpose.variable}=PORT"
            )
        else:
            ports[purpose.variable] = int(text)
    if problems:
        raise BadPort("\n".join(problems))
    return ports
