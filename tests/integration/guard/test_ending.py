"""Nothing goes on for ever: sessions end, stalled clients and sites are left, memory is bounded."""

import resource
import socket
from dataclasses import replace
from pathlib import Path

from fetcher.guard.limits import GuardLimits
from tests.integration.guard.clients import connect, credentials, get, read_answer, tunnel
from tests.integration.guard.conftest import LIMITS, StartGuard
from tests.integration.guard.site import BLOCK, Site
from tests.waiting import wait_for

HASTY = replace(LIMITS, head_seconds=0.2, idle_seconds=0.2)


def test_the_end_of_a_session_ends_its_traffic(start_guard: StartGuard, plain_site: Site) -> None:
    """A download and a tunnel that would go on for ever are cut, at the site too."""
    ended = plain_site.ended
    guard = start_guard(plain_site.port)
    url = f"http://127.0.0.1:{plain_site.port}/endless"
    with guard.session() as session, guard.session() as other:
        plain, tunnelled, kept = connect(session), connect(session), connect(other)
        plain.sendall(f"GET {url} HTTP/1.1\r\nHost: a\r\n{credentials(session)}\r\n".encode())
        for connection, of in ((tunnelled, session), (kept, other)):
            _open_tunnel(connection, f"127.0.0.1:{plain_site.port}", credentials(of))
            connection.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        for connection in (plain, tunnelled, kept):
            assert connection.recv(1 << 16)
        session.end()
        for connection in (plain, tunnelled):
            _read_to_the_end(connection)
        wait_for(lambda: plain_site.ended == ended + 2, 20, "the end at the site")
        received = session.bytes_received
        assert received > len(BLOCK)
        assert kept.recv(1 << 16)
    _read_to_the_end(kept)
    assert session.bytes_received == received


def test_a_client_that_stalls_holds_nobody_up(start_guard: StartGuard, plain_site: Site) -> None:
    """Half a request is answered with 408; who does not take what comes is left."""
    ended = plain_site.ended
    guard = start_guard(plain_site.port, limits=HASTY)
    url = f"http://127.0.0.1:{plain_site.port}/"
    with guard.session() as session:
        half, deaf = connect(session), connect(session)
        half.sendall(b"GET http://")
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(f"GET {url}endless HTTP/1.1\r\nHost: a\r\n{credentials(session)}\r\n".encode())
        assert get(session, url).body == b"small"
        assert read_answer(half).status == 408
        wait_for(lambda: plain_site.ended == ended + 2, 20, "the end at the site")
        half.close()
        deaf.close()


def test_a_site_that_stalls_is_left(start_guard: StartGuard, plain_site: Site) -> None:
    """It is answered for with 504 before its head has come; a tunnel ends."""
    guard = start_guard(plain_site.port, limits=HASTY)
    with guard.session() as session:
        answer = get(session, f"http://127.0.0.1:{plain_site.port}/silent")
        assert (answer.status, answer.reason) == (504, "unreachable")
        with connect(session) as connection:
            _open_tunnel(connection, f"127.0.0.1:{plain_site.port}", credentials(session))
            _read_to_the_end(connection)


def test_who_comes_when_there_is_no_room_waits(start_guard: StartGuard, plain_site: Site) -> None:
    """A bounded number is served at once, and the next when one of them has gone."""
    guard = start_guard(plain_site.port, limits=replace(GuardLimits(), connections=1))
    with guard.session() as session:
        first = connect(session)
        waiting = connect(session)
        url = f"http://127.0.0.1:{plain_site.port}/"
        waiting.sendall(f"GET {url} HTTP/1.1\r\nHost: a\r\n{credentials(session)}\r\n".encode())
        first.close()
        assert read_answer(waiting).body == b"small"
        waiting.close()


def test_memory_does_not_grow_with_what_goes_through(
    start_guard: StartGuard, plain_site: Site
) -> None:
    """A quarter of a GiB leaves this process, guard, site and client, no larger than it was."""
    guard = start_guard(plain_site.port)
    url = f"http://127.0.0.1:{plain_site.port}/blocks?count="
    with guard.session() as session:
        for count in (64, 4096):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            with connect(session) as connection:
                head = f"GET {url}{count} HTTP/1.1\r\nHost: a\r\n{credentials(session)}\r\n"
                connection.sendall(head.encode())
                assert _read_to_the_end(connection) > count * len(BLOCK)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 4096  # KiB
    assert session.bytes_received > 4160 * len(BLOCK)


def test_a_guard_leaves_no_open_files(start_guard: StartGuard, plain_site: Site) -> None:
    """Sockets and pipes are closed when their connection is over."""
    guard = start_guard(plain_site.port)
    with guard.session() as session:
        opened = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(20):
            get(session, f"http://127.0.0.1:{plain_site.port}/")
            get(session, f"http://127.0.0.1:{plain_site.port}/until_close")
            tunnel(session, f"127.0.0.1:{plain_site.port}")
            get(session, "http://127.0.0.1:1/")
        wait_for(
            lambda: len(list(Path("/proc/self/fd").iterdir())) <= opened, 20, "the closing of files"
        )


def _open_tunnel(connection: socket.socket, authority: str, credentials_line: str) -> None:
    head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{credentials_line}\r\n"
    connection.sendall(head.encode())
    assert read_answer(connection).status == 200


def _read_to_the_end(connection: socket.socket) -> int:
    """How many bytes come until the other side ends it, in order or not."""
    count = 0
    buffer = bytearray(1 << 16)
    try:
        while read := connection.recv_into(buffer):
            count += read
    except ConnectionError:
        pass
    finally:
        connection.close()
    return count
