"""What can be a link is brought to one form; what points where it must not is refused."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidUrl, UrlNotAllowed
from chassis.link_rules import LinkRules
from chassis.link_url import LONGEST_LINK, parse_link

RULES = LinkRules()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTP://Example.COM:80/A/b.MP4?X=y#z", "http://example.com/A/b.MP4?X=y"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("https://example.com?a=b", "https://example.com/?a=b"),
        ("https://example.com/?", "https://example.com/?"),
        ("https://example.com/#?a", "https://example.com/"),
        ("https://example.com/ä/ö?ü=ß", "https://example.com/%C3%A4/%C3%B6?%C3%BC=%C3%9F"),
        ("https://example.com/%41%2F%zz%", "https://example.com/%41%2F%25zz%25"),
        ("https://example.com/a/../b/./c", "https://example.com/a/../b/./c"),
        ("https://example.com/a?b[]=c|d", "https://example.com/a?b%5B%5D=c%7Cd"),
        ("https://example.com/a;b=c,d:e@f!g$h'i(j)*k+l~m-n_o", None),
        ("https://example.com/a?b=/c?d:e@f", None),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://8.8.8.8/", None),
        ("http://0x08080808/", "http://8.8.8.8/"),
        ("http://[2606:4700:4700:0::1111]/", "http://[2606:4700:4700::1111]/"),
        (" \r\nhttps://example.com/a\t", "https://example.com/a"),
    ],
)
def test_a_link_has_one_form(text: str, url: str | None) -> None:
    """Scheme, host and port are the same for all spellings; path and query stay what they are."""
    link = parse_link(text, RULES)
    assert link.url == link.key == (url or text)
    assert parse_link(link.url, RULES) == link


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "hello", "example.com/video.mp4", "//example.com/", "http:", "http:/", "http://",
        "http:///", "http:example.com", "http:/example.com", "http://?a", "http://#a", "://a.b",
        "http://a.b\\@127.0.0.1/", "http:\\\\a.b", "http://a.b/\x00", "http://a.b/\x7f",
        "http://a.b/c d", "http://a.b/\tc", "http://a.b/c\r\nHost: d", "http://a.b/\u2028",
        "http://a.b/\xa0c", "http://a.b/\u3000", "http://a.b/\ud800", "http://a.b/\x85",
        "ht\ntp://a.b/", "http://a.b:x/", "http://a.b:0/", "http://[::1", "http://::1/",
        "http://a.b/" + "c" * LONGEST_LINK, "http://a.b/" + "ü" * 1000, "http://a..b/",
        "http://1.2.3.4.5/", "http://%00/", "http://a%0d%0ab.c/",
    ],
)  # fmt: skip
def test_what_cannot_be_a_link_is_refused(text: str) -> None:
    """No scheme, no host, blanks, controls, backslashes, too long."""
    with pytest.raises(InvalidUrl) as raised:
        parse_link(text, RULES)
    assert raised.value.code == "invalid_url"


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd", "ftp://example.com/a", "gopher://127.0.0.1:25/",
        "javascript:alert(1)", "data:text/html,a", "concat:http://a.b/|http://c.d/",
        "hls+http://example.com/", "blob:a", "rtmp://example.com/a", "unix:/run/a",
        "dict://a.b/", "example.com:80/a",
        "http://user@example.com/", "http://user:password@example.com/", "http://a.b@127.0.0.1/",
        "http://@example.com/", "http://127.0.0.1:80@example.com/",
        "http://example.com:22/", "https://example.com:8080/", "http://8.8.8.8:8080/",
        "http://localhost/", "http://LOCALHOST./", "http://ⓛocalhost/", "http://a.localhost/",
        "http://printer.local/", "http://metadata.google.internal/", "http://router.home.arpa/",
        "http://gateway/", "http://kubernetes.default.svc.cluster.local/", "http://nas.lan/",
        "http://127.0.0.1/", "http://127.0.0.1./", "http://127.1/", "http://127.0.1/",
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/",
        "http://0177.0x0.1/", "http://017700000001/", "http://00000177.1/", "http://0/",
        "http://0.0.0.0/", "http://１２７。０．０｡１/", "http://%31%32%37.0.0.1/", "http://127%2e1/",
        "http://①②⑦.⓪.⓪.①/", "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/",
        "http://[::127.0.0.1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::7f00:1]/", "http://[2002:7f00:1::]/",
        "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fc00::1]/", "http://[ff02::1]/",
        "http://[2001:db8::1]/", "http://169.254.169.254/latest/meta-data/", "http://192.0.0.192/",
        "http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/", "http://100.64.0.1/",
        "http://224.0.0.1/", "http://255.255.255.255/", "http://198.18.0.1/",
    ],
)  # fmt: skip
def test_what_points_where_it_must_not_is_not_allowed(text: str) -> None:
    """Other schemes, credentials, other ports, local names, addresses that are not public."""
    with pytest.raises(UrlNotAllowed) as raised:
        parse_link(text, RULES)
    assert raised.value.code == "url_not_allowed"


@given(st.text(max_size=40), st.sampled_from(["", "http://", "https://a.b", "http://[", "//"]))
def test_any_text_is_a_link_or_refused(text: str, before: str) -> None:
    """What is taken is ASCII, stays as it is when it is read again, and is no link to ourselves."""
    try:
        link = parse_link(before + text, RULES)
    except (InvalidUrl, UrlNotAllowed):
        return
    assert link.url.isascii()
    assert parse_link(link.url, RULES) == link


def test_only_listed_hosts_and_their_subdomains() -> None:
    """An operator's list leaves nothing else, and may name hosts of a network of one's own."""
    rules = LinkRules(hosts=frozenset({"example.com", "nas.lan", "8.8.8.8"}))
    for text in ("http://example.com/", "http://a.b.example.com/", "http://nas.lan/",
                 "http://8.8.8.8/"):  # fmt: skip
        parse_link(text, rules)
    for text in ("http://example.org/", "http://badexample.com/", "http://example.com.org/",
                 "http://lan/", "http://8.8.4.4/"):  # fmt: skip
        with pytest.raises(UrlNotAllowed):
            parse_link(text, rules)


def test_an_open_address_is_open_at_its_port_only() -> None:
    """Its port may be named with any host, whose address the guard then judges."""
    opened = (ip_address("127.0.0.1"), 8096)
    rules = LinkRules(hosts=frozenset({"example.com"}), open_addresses=frozenset({opened}))
    assert parse_link("http://127.1:8096/a", rules).url == "http://127.0.0.1:8096/a"
    parse_link("http://media.example.com:8096/", rules)
    for text in ("http://127.0.0.1/", "http://127.0.0.1:8097/", "http://127.0.0.2:8096/",
                 "http://[::ffff:127.0.0.1]:8096/", "http://localhost:8096/"):  # fmt: skip
        with pytest.raises(UrlNotAllowed):
            parse_link(text, rules)


def test_an_address_is_judged_by_address_and_port() -> None:
    """As the guard asks, which knows what a name stands for."""
    rules = LinkRules(open_addresses=frozenset({(ip_address("::1"), 8096)}))
    rules.check_address(ip_address("::1"), 8096)
    rules.check_address(ip_address("8.8.8.8"), 443)
    for address, port in (("::1", 443), ("127.0.0.1", 8096), ("8.8.8.8", 8096)):
        with pytest.raises(UrlNotAllowed):
            rules.check_address(ip_address(address), port)
