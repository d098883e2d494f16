"""What addresses a name stands for, asked of name servers at one moment."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from itertools import zip_longest
from typing import Final

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from chassis.link_rules import Endpoint
from chassis.public_addresses import IPAddress

_CACHED_NAMES: Final = 1000
_LOCAL_NAME_SERVER: Final = (ip_address("127.0.0.1"), 53)  # resolv.conf(5): where none is named


class UnknownHost(Exception):
    """There is no such name, or it has no address."""


class LookupFailed(Exception):
    """No name server gave an answer in time."""


class NameResolver:
    """Asks `name_servers`, or those of the system's configuration; may be used by many threads.

    Answers are kept as long as they say themselves. Only the DNS is asked: no file of hosts.
    """

    def __init__(self, name_servers: Sequence[Endpoint] = (), *, seconds: float = 10.0) -> None:
        self._resolver = _of(name_servers) if name_servers else _of_the_system()
        self._resolver.lifetime = seconds
        self._resolver.cache = dns.resolver.LRUCache(_CACHED_NAMES)

    def addresses(self, host: str) -> list[IPAddress]:
        """All addresses of `host`, IPv6 and IPv4 in turn; raises UnknownHost, LookupFailed."""
        try:
            name = dns.name.from_text(host)
        except dns.exception.DNSException as error:
            raise UnknownHost(host) from error
        with ThreadPoolExecutor(2, thread_name_prefix="lookup") as both:
            asked = [
                both.submit(self._ask, name, kind) for kind in (dns.rdatatype.AAAA, dns.rdatatype.A)
            ]
        answers = [answer.result() for answer in asked]
        found = [
            address
            for pair in zip_longest(*(answer or [] for answer in answers))
            for address in pair
            if address is not None
        ]
        if not found:
            raise LookupFailed(host) if None in answers else UnknownHost(host)
        return found

    def _ask(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> list[IPAddress] | None:
        """The addresses of that kind; None where name servers failed."""
        try:
            answer = self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException:
            return None
        return [ip_address(record.address) for record in answer]


def _of(name_servers: Sequence[Endpoint]) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [
        dns.nameserver.Do53Nameserver(str(address), port) for address, port in name_servers
    ]
    return resolver


def _of_the_system() -> dns.resolver.Resolver:
    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return _of([_LOCAL_NAME_SERVER])
