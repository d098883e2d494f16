"""No trick makes the guard connect to where it must not: listeners there see nobody."""

from functools import partial

import pytest
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st

from fetcher.guard.server import Guard
from tests.integration.guard.clients import get, pool, say, tunnel
from tests.integration.guard.conftest import StartGuard
from tests.integration.guard.site import Site, Trap
from tests.name_server import Answer, NameServer

LOCAL_HOSTS = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001",
    "0x7f.1", "0X7F.0x0.0x0.0x1", "0177.0.0.1", "0177.1", "017700000001", "00000177.0.0.01",
    "0", "0.0.0.0", "0x0", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "127。0。0。1",
    "１２７．０．０．１", "①②⑦.0.0.1", "localhost", "LOCALHOST", "localhost.", "a.localhost",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localhost.localdomain", "ip6-localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[::1%25lo]", "[::1%lo]",
    "[fe80::1]", "[fc00::1]", "[ff02::1]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1",
    "169.254.169.254", "0xa9fea9fe", "[fd00:ec2::254]", "192.0.0.192", "224.0.0.1",
    "255.255.255.255", "printer.local", "metadata.google.internal", "kubernetes",
    "user@127.0.0.1", "example.com@127.0.0.1", "127.0.0.1%00.example.com", "127.0.0.1%23.a.com",
    "127.0.0.1\\@example.com", "256.0.0.1", "1.2.3.4.5", "[::1].example.com",
]  # fmt: skip
# No address of others can be made of them.
PIECES = [
    *("127.0.0.1", "[::1]", "::1", "localhost", "example.com", "0x7f", "%78", "%00", "\t", "a"),
    *("@", "#", "?", "\\", "%", ":", "/", "[", "]", ".", "//", "%2e", "%40", "%2f", ";", "&"),
]
# What name servers say of names, instead of the addresses of a site.
LOCAL_ANSWERS: dict[str, Answer] = {
    "loopback.example.com": ["127.0.0.1"],
    "other-loopback.example.com": ["127.8.8.8"],
    "ipv6.example.com": ["::1"],
    "mapped.example.com": ["::ffff:127.0.0.1"],
    "nothing.example.com": ["0.0.0.0"],
    "everything.example.com": ["::"],
    "metadata.example.com": ["169.254.169.254"],
    "alias.example.com": ["loopback.example.com."],
    "both.example.com": ["192.175.48.1", "93.184.215.14", "127.0.0.1"],
    "both-kinds.example.com": ["93.184.215.14", "::1"],
    "both-aliased.example.com": ["both.example.com."],
    "nat64.example.com": ["64:ff9b::7f00:1"],
}


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_no_spelling_of_a_local_host_is_connected_to(
    host: str, start_guard: StartGuard, trap: Trap
) -> None:
    """Neither plainly nor by a tunnel, and the refusal says so where tools show it."""
    written = host.encode().decode("latin-1")
    with start_guard(ports=(80, 443, trap.port)).session() as session:
        answers = [
            get(session, f"http://{written}:{trap.port}/"),
            tunnel(session, f"{written}:{trap.port}"),
        ]
    assert trap.connections() == 0
    if host.isascii():
        for answer in answers:
            assert (answer.status, answer.reason) == (403, "url_not_allowed")
            assert answer.header("Guard-Refusal") == "url_not_allowed"
        assert session.refusals == (f"{host}:{trap.port}",) * 2
    else:  # a URL on the wire has no such letters
        assert [answer.status for answer in answers] == [400, 400]


@pytest.mark.parametrize("host", LOCAL_ANSWERS)
def test_no_name_that_stands_for_a_local_address_is_connected_to(
    host: str, start_guard: StartGuard, names: NameServer, trap: Trap
) -> None:
    """One address that must not be is enough to refuse a name, whatever others it has."""
    names.names = {
        name: partial(_constant, answer=answer) for name, answer in LOCAL_ANSWERS.items()
    }
    with start_guard(ports=(80, trap.port)).session() as session:
        assert get(session, f"http://{host}:{trap.port}/").reason == "url_not_allowed"
        assert tunnel(session, f"{host}:{trap.port}").reason == "url_not_allowed"
    assert trap.connections() == 0


def test_a_name_is_resolved_once_and_judged_each_time(
    start_guard: StartGuard, names: NameServer, plain_site: Site, trap: Trap
) -> None:
    """A name server that changes its answer leads nobody to the second address."""
    names.names = {
        "moving.example.com": lambda times: ["127.0.0.1"] if times == 0 else ["127.0.0.2"]
    }
    names.asked.clear()
    before = plain_site.connections
    # The first address is open at the site's port; the trap would be there at any other address.
    guard = start_guard(plain_site.port, ports=(plain_site.port, trap.port))
    with guard.session() as session:
        first = get(session, f"http://moving.example.com:{plain_site.port}/")
        assert (first.status, first.body) == (200, b"small")
        assert names.asked["moving.example.com", "A"] == 1
        second = get(session, f"http://moving.example.com:{plain_site.port}/")
        assert second.reason == "url_not_allowed"
        assert tunnel(session, f"moving.example.com:{trap.port}").reason == "url_not_allowed"
    assert plain_site.connections == before + 1
    assert trap.connections() == 0


@pytest.mark.parametrize(
    "to",
    ["http://127.0.0.1:{}/", "http://2130706433:{}/", "https://[::1]:{}/", "http://0:{}/",
     "http://loopback.example.com:{}/", "https://both.example.com:{}/"],
)  # fmt: skip
def test_a_redirect_leads_no_further_than_a_link(
    to: str, start_guard: StartGuard, names: NameServer, plain_site: Site, trap: Trap
) -> None:
    """A client that follows redirects is refused at the place they lead to."""
    names.names = {
        name: partial(_constant, answer=answer) for name, answer in LOCAL_ANSWERS.items()
    }
    guard = start_guard(plain_site.port, ports=(plain_site.port, trap.port))
    with guard.session() as session, pool(session) as client:
        start = f"http://127.0.0.1:{plain_site.port}/redirect?to={to.format(trap.port)}"
        try:
            response = client.request("GET", start, retries=urllib3.Retry(total=3))
            assert response.headers["Guard-Refusal"] == "url_not_allowed"
        except urllib3.exceptions.MaxRetryError as error:
            assert "403 url_not_allowed" in str(error.reason)  # noqa: PT017 - one of two ways
    assert session.refusals
    assert trap.connections() == 0


def test_no_medley_of_pieces_is_connected_to(start_guard: StartGuard, trap: Trap) -> None:
    """Whatever is written as an authority, no reading of it ends at a local address."""
    with start_guard(ports=(80, trap.port)).session() as session:

        @settings(max_examples=60, deadline=None)
        @given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
        def ask(pieces: list[str]) -> None:
            authority = f"{''.join(pieces)}:{trap.port}"
            assert get(session, f"http://{authority}/").header("Guard-Refusal")
            assert tunnel(session, authority).header("Guard-Refusal")

        ask()
    assert trap.connections() == 0


def test_only_allowed_ports_are_connected_to(start_guard: StartGuard, plain_site: Site) -> None:
    """An address is open at one port; other ports are refused whatever the host."""
    before = plain_site.connections
    with start_guard(plain_site.port + 1).session() as session:
        for authority in (f"127.0.0.1:{plain_site.port}", "93.184.215.14:22", "93.184.215.14:25"):
            assert get(session, f"http://{authority}/").reason == "url_not_allowed"
            assert tunnel(session, authority).reason == "url_not_allowed"
    assert plain_site.connections == before


def test_only_listed_hosts_are_connected_to(
    start_guard: StartGuard, names: NameServer, plain_site: Site
) -> None:
    """An operator's list holds for every connection, and name servers are not asked for others."""
    names.names = {
        name: partial(_constant, answer=["127.0.0.1"]) for name in ("a.b.example.com", "c.org")
    }
    names.asked.clear()
    with start_guard(plain_site.port, hosts=("example.com",)).session() as session:
        assert get(session, f"http://a.b.example.com:{plain_site.port}/").body == b"small"
        assert get(session, f"http://c.org:{plain_site.port}/").reason == "url_not_allowed"
    assert not names.asked["c.org", "A"]


def test_who_has_no_session_gets_nothing(start_guard: StartGuard, plain_site: Site) -> None:
    """No credentials, others, and those of a session that is over."""
    guard: Guard = start_guard(plain_site.port)
    before = plain_site.connections
    url = f"http://127.0.0.1:{plain_site.port}/"
    with guard.session() as over:
        pass
    answers = [get(over, url), tunnel(over, f"127.0.0.1:{plain_site.port}")]
    with guard.session() as session:
        for line in ("", "Basic Og==", "Basic !", f"Bearer {session.user}", "Basic /w=="):
            extra = f"Proxy-Authorization: {line}\r\n" if line else ""
            answers.append(say(session, f"GET {url} HTTP/1.1\r\nHost: a.b\r\n{extra}"))
    for answer in answers:
        assert answer.status == 407
        assert answer.header("Proxy-Authenticate") == 'Basic realm="guard"'
    assert plain_site.connections == before


def _constant(_times: int, answer: Answer) -> Answer:
    return answer
