"""Sending one message to MongoDB in parts, by as few calls as there may be.

A call for each part keeps a gateway's event loop busy: an upload takes an eleventh longer then.
"""

import socket
import ssl
from collections.abc import Sequence

from pymongo.synchronous.pool import Connection


def send_parts(connection: Connection, parts: Sequence[bytes | memoryview]) -> None:
    """Send all of them; raises ConnectionFailure, and the connection is closed then."""
    sock = connection.conn.get_conn
    if not isinstance(sock, socket.socket) or isinstance(sock, ssl.SSLSocket):
        # What encrypts takes one part at a time.
        for part in parts:
            connection.send_message(part, 0)  # type: ignore[arg-type]  # the socket takes any buffer
        return
    try:
        _gather(sock, parts)
    except BaseException as error:  # noqa: BLE001 - it is raised again there
        connection._raise_connection_failure(error)  # noqa: SLF001 - as its own `send_message` does


def _gather(sock: socket.socket, parts: Sequence[bytes | memoryview]) -> None:
    """Send all parts, however many bytes the socket takes at a time: sendmsg(2)."""
    left = [memoryview(part) for part in parts]
    while left:
        sent = sock.sendmsg(left)
        while left and sent >= len(left[0]):
            sent -= len(left.pop(0))
        if sent:
            left[0] = left[0][sent:]
