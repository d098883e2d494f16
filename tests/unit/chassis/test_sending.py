"""A message in parts arrives whole through sockets of either kind; else the connection ends."""

import random
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import NoReturn, cast

import pytest
from pymongo.synchronous.pool import Connection

from chassis.mongo.sending import send_parts
from tests.certificates import server_context, write_certificate

DICE = random.Random(1)
PARTS = [DICE.randbytes(size) for size in (300, 1 << 20, 1, 150, 3 << 20, 1)]
SMALL_BUFFER = 8 * 1024


class Closed(Exception):
    """The connection was closed, because of its cause."""


class PlainConnection:
    """What is used of the driver's connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.conn = SimpleNamespace(get_conn=sock)
        self.messages = 0

    def send_message(self, message: bytes, _max_doc_size: int) -> None:
        """See Connection."""
        self.messages += 1
        self.conn.get_conn.sendall(message)

    def _raise_connection_failure(self, error: BaseException) -> NoReturn:
        raise Closed from error


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection that takes a few KB at a time."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        near = socket.create_connection(listener.getsockname(), timeout=30)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
        far, _ = listener.accept()
        far.settimeout(30)
        with near, far:
            yield near, far


def everything(sock: socket.socket, into: bytearray) -> None:
    """What comes until the other side ends."""
    while data := sock.recv(1 << 16):
        into.extend(data)


def test_parts_arrive_in_order(sockets: tuple[socket.socket, socket.socket]) -> None:
    """However little the socket takes at a time; views are as good as bytes."""
    near, far = sockets
    arrived = bytearray()
    reader = Thread(target=everything, args=(far, arrived))
    reader.start()
    connection = PlainConnection(near)
    send_parts(cast(Connection, connection), [PARTS[0], *(memoryview(part) for part in PARTS[1:])])
    near.shutdown(socket.SHUT_WR)
    reader.join()
    assert arrived == b"".join(PARTS)
    assert connection.messages == 0


def test_what_is_encrypted_stays_so(
    sockets: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    """Through TLS the driver sends each part, and nothing goes past it."""
    near, far = sockets
    certificate = write_certificate(tmp_path)
    client = ssl.create_default_context(cafile=certificate)
    arrived = bytearray()

    def serve() -> None:
        with server_context(certificate).wrap_socket(far, server_side=True) as sock:
            everything(sock, arrived)
            sock.unwrap()

    reader = Thread(target=serve)
    reader.start()
    with client.wrap_socket(near, server_hostname="127.0.0.1") as sock:
        connection = PlainConnection(sock)
        send_parts(cast(Connection, connection), PARTS)
        sock.unwrap()
    reader.join()
    assert arrived == b"".join(PARTS)
    assert connection.messages == len(PARTS)


def test_a_broken_connection_is_not_used_again(
    sockets: tuple[socket.socket, socket.socket],
) -> None:
    """A part of a message may have been sent: the driver closes it, as after its own messages."""
    near, far = sockets
    far.close()
    with pytest.raises(Closed) as caught:
        send_parts(cast(Connection, PlainConnection(near)), PARTS)
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_silence_is_a_failure(sockets: tuple[socket.socket, socket.socket]) -> None:
    """A store that takes nothing any more is given up after the socket's own time."""
    near, _ = sockets
    near.settimeout(0.2)
    with pytest.raises(Closed) as caught:
        send_parts(cast(Connection, PlainConnection(near)), PARTS)
    assert isinstance(caught.value.__cause__, TimeoutError)
