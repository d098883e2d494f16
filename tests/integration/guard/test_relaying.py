"""What is allowed goes through as it is, and nothing else with it."""

import hashlib
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3

from tests.certificates import server_context, write_certificate
from tests.integration.guard.clients import credentials, get, pool, say, tunnel
from tests.integration.guard.conftest import StartGuard
from tests.integration.guard.site import BLOCK, Site, site
from tests.name_server import NameServer

HOP_BY_HOP = (
    "Proxy-Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nUpgrade: h2c\r\n"
    "Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nX-End: 2\r\nRange: bytes=0-1\r\n"
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for loopback."""
    return write_certificate(tmp_path_factory.mktemp("certificate"))


def test_a_request_is_written_anew(start_guard: StartGuard, plain_site: Site) -> None:
    """The site gets the target's host and what is meant for it, not what is for the guard."""
    with start_guard(plain_site.port).session() as session:
        answer = get(session, f"http://127.1:{plain_site.port}/?a=b", HOP_BY_HOP)
    assert (answer.status, answer.body) == (200, b"small")
    assert answer.header("Connection") == "close"
    assert session.refusals == ()
    line, headers = plain_site.heads[-1]
    assert line == "GET /?a=b HTTP/1.1"
    assert {name.lower(): value for name, value in headers} == {
        "host": f"127.0.0.1:{plain_site.port}",
        "connection": "close",
        "x-end": "2",
        "range": "bytes=0-1",
    }


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET / HTTP/1.1\r\nHost: {site}\r\n", 400),
        ("GET https://{site}/ HTTP/1.1\r\nHost: {site}\r\n", 400),
        ("GET ftp://{site}/ HTTP/1.1\r\nHost: {site}\r\n", 400),
        ("GET http:///a HTTP/1.1\r\nHost: {site}\r\n", 400),
        ("GET http://{site}/#a HTTP/1.1\r\nHost: {site}\r\n", 400),
        ("CONNECT 127.0.0.1 HTTP/1.1\r\nHost: {site}\r\n", 400),
        ("CONNECT http://{site}/ HTTP/1.1\r\nHost: {site}\r\n", 400),
        ("DELETE http://{site}/ HTTP/1.1\r\nHost: {site}\r\n", 405),
        ("TRACE http://{site}/ HTTP/1.1\r\nHost: {site}\r\n", 405),
        ("GET http://{site}/ HTTP/1.0\r\nHost: {site}\r\n", 505),
        ("GET http://{site}/ HTTP/1.1\r\n", 400),
        ("GET http://{site}/ HTTP/1.1\r\nHost: {site}\r\nHost: a.b\r\n", 400),
        ("GET http://{site}/ HTTP/1.1\r\nHost: {site}\r\nA b: c\r\n", 400),
        ("GET http://{site}/ HTTP/1.1\r\nHost: {site}\r\nA : c\r\n", 400),
        ("GET http://{site}/ HTTP/1.1\r\nHost: {site}\r\nA: b\0c\r\n", 400),
        ("GET http://{site}/ HTTP/1.1\r\nHost: {site}\r\nContent-Length: 5\r\n", 400),
        ("POST http://{site}/ HTTP/1.1\r\nHost: {site}\r\nContent-Length: -1\r\n", 400),
        ("POST http://{site}/ HTTP/1.1\r\nHost: {site}\r\nContent-Length: 1, 2\r\n", 400),
        ("POST http://{site}/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
         400),
        ("POST http://{site}/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n{chunked}",
         411),
        ("POST http://{site}/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n", 501),
        ("GET http://{site}/ HTTP/1.1\r\nHost: a\r\nA: {long}\r\n", 431),
        ("SSH-2.0-OpenSSH\r\n", 400),
    ],
)  # fmt: skip
def test_what_may_be_read_in_two_ways_is_refused(
    head: str, status: int, start_guard: StartGuard, plain_site: Site
) -> None:
    """No request of which the site could think otherwise than the guard reaches it."""
    before = plain_site.connections
    text = head.format(
        site=f"127.0.0.1:{plain_site.port}",
        long="b" * 80_000,
        chunked="Transfer-Encoding: chunked\r\n",
    )
    with start_guard(plain_site.port).session() as session:
        answer = say(session, text + credentials(session))
    assert (answer.status, answer.header("Guard-Refusal")) == (status, "bad_request")
    assert plain_site.connections == before


def test_no_site_speaks_as_the_guard(start_guard: StartGuard, plain_site: Site) -> None:
    """A site's 403 is its own, without the guard's field, fields for the way, or two lengths."""
    with start_guard(plain_site.port).session() as session:
        answer = get(session, f"http://127.0.0.1:{plain_site.port}/forged")
    assert (answer.status, answer.reason) == (403, "Forbidden")
    assert [name for name, _ in answer.headers] == ["X-End", "Transfer-Encoding", "Connection"]
    assert answer.body == b"4\r\nbody\r\n0\r\n\r\n"


@pytest.mark.parametrize("path", ["garbage", "two_lengths"])
def test_a_site_that_speaks_no_http_is_unreachable(
    path: str, start_guard: StartGuard, plain_site: Site
) -> None:
    """So is one whose response may be read in two ways."""
    with start_guard(plain_site.port).session() as session:
        answer = get(session, f"http://127.0.0.1:{plain_site.port}/{path}")
    assert (answer.status, answer.reason) == (502, "unreachable")


def test_a_site_that_is_not_there_is_told_from_a_name_that_is_not(
    start_guard: StartGuard, names: NameServer
) -> None:
    """A closed port, an unknown name, a name without addresses, name servers that are silent."""
    names.names = {"empty.example.com": lambda _: [], "silent.example.com": lambda _: None}
    hosts = ("127.0.0.1:9", "none.example.com", "empty.example.com", "silent.example.com")
    with start_guard(9).session() as session:
        answers = {host: get(session, f"http://{host}/") for host in hosts}
        tunnelled = tunnel(session, "none.example.com:443")
    said = {host: (answer.status, answer.reason) for host, answer in answers.items()}
    assert said == {
        "127.0.0.1:9": (502, "unreachable"),
        "none.example.com": (502, "unknown_host"),
        "empty.example.com": (502, "unknown_host"),
        "silent.example.com": (504, "unreachable"),
    }
    assert (tunnelled.status, tunnelled.reason) == (502, "unknown_host")
    assert session.unknown_hosts == (*hosts[1:3], "none.example.com:443")
    assert session.refusals == ()


def test_bodies_of_any_kind_go_through(start_guard: StartGuard, plain_site: Site) -> None:
    """By length, in chunks, until the end; a part of it; none after HEAD; what was posted."""
    root = f"http://127.0.0.1:{plain_site.port}"
    with start_guard(plain_site.port).session() as session, pool(session) as client:
        assert client.request("GET", f"{root}/blocks?count=3").data == BLOCK * 3
        assert client.request("GET", f"{root}/chunks").data == b"chunk" * 3
        assert client.request("GET", f"{root}/until_close").data == BLOCK
        part = client.request("GET", f"{root}/range", headers={"Range": "bytes=100-299"})
        assert (part.status, part.data) == (206, BLOCK[100:300])
        head = client.request("HEAD", f"{root}/")
        assert (head.headers["Content-Length"], head.data) == ("5", b"")
        posted = BLOCK * 40
        assert client.request("POST", root, body=posted).data == posted
        assert session.bytes_received > len(BLOCK) * 44


def test_a_body_that_breaks_off_is_not_whole(start_guard: StartGuard, plain_site: Site) -> None:
    """Where only the connection's end ends it, the client's breaks like the site's."""
    with (
        start_guard(plain_site.port).session() as session,
        pool(session) as client,
        pytest.raises(urllib3.exceptions.ProtocolError),
    ):
        client.request("GET", f"http://127.0.0.1:{plain_site.port}/broken")


def test_tls_goes_through_a_tunnel(start_guard: StartGuard, certificate: Path) -> None:
    """The client sees the site's own certificate, and asks several things on one connection."""
    context = ssl.create_default_context(cafile=str(certificate))
    with (
        site(server_context(certificate)) as secure,
        start_guard(secure.port).session() as session,
        pool(session, ssl_context=context) as client,
    ):
        root = f"https://127.0.0.1:{secure.port}"
        for _ in range(3):
            assert client.request("GET", f"{root}/").data == b"small"
        part = client.request("GET", f"{root}/range", headers={"Range": "bytes=7-9"})
        assert (part.status, part.data) == (206, BLOCK[7:10])
        assert client.request("GET", f"{root}/until_close").data == BLOCK
        assert secure.connections == 1


def test_many_go_through_at_once(start_guard: StartGuard, plain_site: Site) -> None:
    """Twenty at the same time, each with all of its bytes."""
    together = threading.Barrier(20)
    url = f"http://127.0.0.1:{plain_site.port}/blocks?count=50"
    expected = hashlib.sha256(BLOCK * 50).digest()

    def fetch(_: int) -> bytes:
        together.wait(30)
        return hashlib.sha256(get(session, url).body).digest()

    with start_guard(plain_site.port).session() as session, ThreadPoolExecutor(20) as threads:
        assert set(threads.map(fetch, range(20))) == {expected}
    assert session.bytes_received >= 20 * 50 * len(BLOCK)
