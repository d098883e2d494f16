"""Only plainly global unicast addresses are public."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.public_addresses import is_public

PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:80f::200e"]
NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1",
    "127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.0.9", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::169.254.169.254",
    "64:ff9b:1::7f00:1", "64:ff9b:1::808:808", "100::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1",
    "ff02::1", "ff0e::1",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_public(text: str) -> None:
    """What a site on the internet has is let through."""
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_any_other_address_is_not(text: str) -> None:
    """Private, special and wrapped addresses are not public, whatever Python says of them."""
    assert not is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_we_refuse_at_least_what_the_registries_refuse(address: IPv4Address) -> None:
    """No IPv4 address that Python knows as special is public, except for what we refuse besides."""
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_an_address_behind_nat64_is_judged_by_what_it_holds(address: IPv4Address) -> None:
    """So that IPv6-only networks reach IPv4 sites, and nothing else."""
    wrapped = IPv6Address((0x64FF9B << 96) | int(address))
    assert is_public(wrapped) == is_public(address)


@given(st.ip_addresses(v=6))
def test_no_wrapped_or_local_ipv6_address_is_public(address: IPv6Address) -> None:
    """What is public begins with 2 or 3, is no tunnel's, and Python agrees; NAT64 apart."""
    if is_public(address) and not str(address).startswith("64:ff9b::"):
        assert str(address)[0] in "23"
        assert address.is_global
        assert address.sixtofour is None
        assert address.teredo is None
