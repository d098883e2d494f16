"""TCP ports on loopback: choosing free ones, and saying plainly that one is taken."""

import random
import socket
import threading

LOOPBACK = "127.0.0.1"

# Below Linux' range for outgoing connections (net.ipv4.ip_local_port_range), so that no client
# takes the port of a server that a test has killed and is about to start again.
_LOWEST, _HIGHEST = 12_000, 32_000
_given: set[int] = set()
_lock = threading.Lock()


class PortTakenError(RuntimeError):
    """A port that is needed is in use; the text says which, and how to choose another."""


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
            port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311  # no secret
            if port not in _given and is_free(port):
                _given.add(port)
                return port


def require_free(port: int, purpose: str, variable: str) -> None:
    """Raise PortTakenError, naming the environment variable that changes it, if `port` is taken."""
    if not is_free(port):
        raise PortTakenError(
            f"port {port} on {LOOPBACK}, wanted for {purpose}, is taken by another program. "
            f"End that program, or choose another port: {variable}=PORT"
        )
