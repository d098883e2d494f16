"""The rules about links, as an operator sets them."""

from ipaddress import ip_address

import pytest

from chassis.link_rules import LinkRules
from chassis.settings import BadSettings, LinkRuleSettings, read_settings


def test_nothing_set_allows_every_public_site() -> None:
    """On the ports of the web, with the system's name servers."""
    settings = read_settings(LinkRuleSettings, {})
    assert settings.link_rules == LinkRules()
    assert settings.name_servers == ()


def test_lists_are_read() -> None:
    """Separated by commas, with or without blanks."""
    settings = read_settings(
        LinkRuleSettings,
        {
            "LINK_HOSTS": "Example.com, .example.org",
            "LINK_PORTS": "443, 8443",
            "LINK_OPEN_ADDRESSES": "10.1.2.3:8096,[fd00::1]:80",
            "LINK_NAME_SERVERS": "127.0.0.1:5353",
        },
    )
    rules = settings.link_rules
    assert rules.hosts == {"example.com", "example.org"}
    assert rules.ports == {443, 8443}
    assert rules.open_addresses == {(ip_address("10.1.2.3"), 8096), (ip_address("fd00::1"), 80)}
    assert settings.name_servers == ((ip_address("127.0.0.1"), 5353),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINK_HOSTS", "https://example.com/"),
        ("LINK_PORTS", "http"),
        ("LINK_OPEN_ADDRESSES", "10.1.2.3"),
        ("LINK_OPEN_ADDRESSES", "media.example.com:80"),
        ("LINK_OPEN_ADDRESSES", "fd00::1:80"),
        ("LINK_OPEN_ADDRESSES", "10.1.2.3:70000"),
        ("LINK_NAME_SERVERS", "10.0.0.53"),
    ],
)
def test_what_cannot_be_meant_is_named(name: str, value: str) -> None:
    """A service does not start with rules other than those its operator wanted."""
    with pytest.raises(BadSettings) as raised:
        read_settings(LinkRuleSettings, {name: value})
    assert [problem.partition(":")[0] for problem in raised.value.problems] == [name]
