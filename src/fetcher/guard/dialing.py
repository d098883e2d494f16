"""Connecting to one of several addresses, soon, also when some of them do not answer.

Source: RFC 8305 (Happy Eyeballs), section 5; its order is the resolver's.
"""

import errno
import selectors
import socket
from collections.abc import Sequence
from time import monotonic
from typing import Final

from chassis.link_rules import Endpoint

_NEXT_AFTER: Final = 0.25  # seconds until the next address is tried beside the last


class Unreachable(Exception):
    """None of the addresses took the connection; `in_time`: all have said so themselves."""

    def __init__(self, *, in_time: bool) -> None:
        super().__init__("no address took the connection")
        self.in_time = in_time


def dial(endpoints: Sequence[Endpoint], seconds: float) -> socket.socket:
    """A connected socket, to the first of `endpoints` that takes the connection.

    Raises Unreachable after `seconds` at the latest.
    """
    attempts: list[socket.socket] = []
    connected = None
    with selectors.DefaultSelector() as selector:
        try:
            connected = _first(endpoints, monotonic() + seconds, selector, attempts)
        finally:
            for attempt in attempts:
                if attempt is not connected:
                    attempt.close()
    connected.setblocking(True)
    return connected


def _first(
    endpoints: Sequence[Endpoint],
    deadline: float,
    selector: selectors.BaseSelector,
    attempts: list[socket.socket],
) -> socket.socket:
    waiting = list(endpoints)
    next_at = 0.0
    while waiting or selector.get_map():
        if monotonic() >= deadline:
            raise Unreachable(in_time=False)
        if waiting and (monotonic() >= next_at or not selector.get_map()):
            _begin(waiting.pop(0), selector, attempts)
            next_at = monotonic() + _NEXT_AFTER
            if not selector.get_map():
                continue
        until = min(deadline, next_at) if waiting else deadline
        for key, _ in selector.select(max(until - monotonic(), 0)):
            attempt: socket.socket = key.data
            selector.unregister(attempt)
            if attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                return attempt
    raise Unreachable(in_time=True)


def _begin(
    endpoint: Endpoint, selector: selectors.BaseSelector, attempts: list[socket.socket]
) -> None:
    address, port = endpoint
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IP's own numbers
    try:
        attempt = socket.socket(family, socket.SOCK_STREAM)
    except OSError:  # this machine does not speak it
        return
    attempts.append(attempt)
    attempt.setblocking(False)
    if attempt.connect_ex((str(address), port)) in {0, errno.EINPROGRESS}:
        selector.register(attempt, selectors.EVENT_WRITE, attempt)
