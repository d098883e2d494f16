"""Reading from a socket with patience, and with an end to it."""

import socket
import threading
from collections.abc import Iterator

import pytest

from gateway.refusals import BrokenOff
from gateway.serving.pace import Pace
from gateway.serving.watched_socket import WatchedSocket

SOME = 100_000


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection over TCP: the client's and ours."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
    with client, ours:
        yield client, ours


def test_it_waits_for_all_that_is_wanted(pair: tuple[socket.socket, socket.socket]) -> None:
    """`fill` gathers what comes in parts; `recv` takes what is there."""
    client, ours = pair
    watched = WatchedSocket(ours, 60, Pace(0))
    client.sendall(b"x" * (SOME // 2))
    later = threading.Timer(0.2, client.sendall, [b"y" * (SOME - SOME // 2)])
    later.start()
    assert len(watched.fill(SOME)) == SOME
    later.join()
    client.sendall(b"z")
    assert watched.recv(SOME) == b"z"


def test_it_does_not_wait_for_ever(pair: tuple[socket.socket, socket.socket]) -> None:
    """What has come within a second is taken; then the reader is told of each further second."""
    client, ours = pair
    calls: list[int] = []
    watched = WatchedSocket(ours, 60, Pace(0))
    watched.while_waiting = lambda: calls.append(1)
    client.sendall(b"little")
    assert watched.fill(SOME) == b"little"
    assert calls == [1]
    client.close()
    assert watched.fill(SOME) == b""


def test_silence_ends_it(pair: tuple[socket.socket, socket.socket]) -> None:
    """A client that sends nothing for the stall time has broken off."""
    with pytest.raises(BrokenOff) as caught:
        WatchedSocket(pair[1], 0.2, Pace(0)).fill(SOME)
    assert caught.value.code == "body_stalled"


def test_bytes_just_before_the_end_of_patience_count(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """However few they are: a trickle is not silence."""
    client, ours = pair
    client.sendall(b"x")
    assert WatchedSocket(ours, 0.2, Pace(0)).fill(SOME) == b"x"


def test_a_slow_client_is_let_go(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the least rate the body has broken off, although bytes come."""
    monkeypatch.setattr("gateway.serving.pace.GRACE_SECONDS", 0.0)
    client, ours = pair
    client.sendall(b"x")
    with pytest.raises(BrokenOff) as caught:
        WatchedSocket(ours, 0.2, Pace(10**9)).fill(SOME)
    assert caught.value.code == "upload_too_slow"


def test_the_socket_is_left_as_it_was(pair: tuple[socket.socket, socket.socket]) -> None:
    """The next request is not waited for in whole pieces."""
    client, ours = pair
    watched = WatchedSocket(ours, 60, Pace(0))
    client.sendall(b"x" * SOME)
    watched.fill(SOME)
    watched.release()
    assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == 1
