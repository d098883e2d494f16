"""Where links may lead: the rules of this installation, for what is submitted and for connections.

The gateway asks them when a link is submitted, the fetcher's guard again for every connection, when
it knows the address that a name stands for.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from chassis.errors import UrlNotAllowed
from chassis.public_addresses import IPAddress, is_public

Host = IPAddress | str
"""An address, or a name in lower case and ASCII (RFC 5890's A-labels) without a final dot."""

Endpoint = tuple[IPAddress, int]
"""An address and a port."""

# Names that the public DNS does not have: RFC 6761, 6762 (with appendix G), 7686, 8375, 9476, and
# ICANN's `internal`. Names of one label are none of it either.
_LOCAL_ENDINGS: Final = (
    *("localhost", "localdomain", "local", "internal", "home.arpa", "test", "invalid", "onion"),
    *("alt", "intranet", "private", "corp", "home", "lan"),
)


@dataclass(frozen=True, slots=True)
class LinkRules:
    """What is allowed: hosts with their subdomains (none: all), ports, and what is opened besides.

    An *open address* may be connected to at its port although it is not public and neither its
    host nor its port is listed. A name that the public DNS does not have is allowed only where
    `hosts` lists it; what it stands for is judged as any other address.
    """

    hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset({80, 443})
    open_addresses: frozenset[Endpoint] = frozenset()

    def check_host(self, host: Host, port: int) -> None:
        """Returns if a link may name `host` and `port`; raises UrlNotAllowed.

        A name may still stand for an address that is not allowed.
        """
        if not isinstance(host, str):
            self.check_address(host, port)
            if not self._is_open(host, port) and self.hosts and str(host) not in self.hosts:
                raise UrlNotAllowed("Links to this site are not taken here.")
            return
        listed = any(_is_within(host, parent) for parent in self.hosts)
        if self.hosts and not listed:
            raise UrlNotAllowed("Links to this site are not taken here.")
        local = "." not in host or any(_is_within(host, ending) for ending in _LOCAL_ENDINGS)
        if local and not listed:
            raise UrlNotAllowed("Links to hosts that are not on the public internet are not taken.")
        if port not in self.ports and all(port != opened for _, opened in self.open_addresses):
            raise UrlNotAllowed(f"Links to port {port} are not taken.")

    def check_address(self, address: IPAddress, port: int) -> None:
        """Returns if a connection may be made to there; raises UrlNotAllowed."""
        if self._is_open(address, port):
            return
        if not is_public(address):
            raise UrlNotAllowed("Links to addresses that are not public are not taken.")
        if port not in self.ports:
            raise UrlNotAllowed(f"Links to port {port} are not taken.")

    def _is_open(self, address: IPAddress, port: int) -> bool:
        return (address, port) in self.open_addresses


def parse_endpoint(text: str) -> Endpoint:
    """The address and the port in `10.1.2.3:8096` or `[fd00::1]:80`; raises ValueError."""
    host, _, port = text.rpartition(":")
    in_brackets = host.startswith("[") and host.endswith("]")
    if ":" in host and not in_brackets:
        raise ValueError("an IPv6 address stands in brackets")
    number = int(port)
    if not 0 < number <= 65535:  # noqa: PLR2004 - the highest port
        raise ValueError("a port is a number from 1 to 65535")
    return ip_address(host[1:-1] if in_brackets else host), number


def _is_within(host: str, parent: str) -> bool:
    return host == parent or host.endswith(f".{parent}")
