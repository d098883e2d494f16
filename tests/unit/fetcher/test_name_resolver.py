"""Which name servers are asked."""

import dns.resolver
import pytest

from fetcher.guard.name_resolver import LookupFailed, NameResolver


def test_a_machine_without_name_servers_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetcher starts there; it is the links that cannot be followed."""

    def missing(*_: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", missing)
    with pytest.raises(LookupFailed):
        NameResolver(seconds=0.1).addresses("video.example.com")
