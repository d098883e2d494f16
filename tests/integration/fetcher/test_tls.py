"""Links to https sites, through the guard's tunnels."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chassis.errors import Retryable
from fetcher.ports import Brought
from tests.certificates import server_context, write_certificate
from tests.integration.fetcher.conftest import Fetching
from tests.integration.fetcher.media_site import MediaSite, Resource

FILM = b"\x1aE\xdf\xa3" + bytes(3 << 20)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path)


@pytest.fixture
def tls_site(certificate: Path) -> Iterator[MediaSite]:
    with MediaSite(server_context(certificate)).running() as site:
        yield site


def test_a_trusted_site(
    tls_site: MediaSite,
    certificate: Path,
    make_fetching: Callable[[MediaSite], Fetching],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its file comes whole, also when the connection breaks."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    url = tls_site.serve("/film.mkv", Resource(FILM, etag='"1"', breaks=[2 << 20]))
    fetching = make_fetching(tls_site)
    assert isinstance(fetching.bring(url), Brought)
    assert bytes(fetching.arrived.data) == FILM
    assert len(tls_site.asked("/film.mkv")) == 2


def test_a_site_that_is_not_who_it_says(
    tls_site: MediaSite, make_fetching: Callable[[MediaSite], Fetching]
) -> None:
    """It is asked nothing."""
    url = tls_site.serve("/film.mkv", Resource(FILM))
    with pytest.raises(Retryable) as raised:
        make_fetching(tls_site).bring(url)
    assert raised.value.code == "site_unavailable"
    assert "certificate" in raised.value.detail
    assert not tls_site.requests


def test_a_tunnel_to_where_nobody_may_go(
    tls_site: MediaSite,
    site: MediaSite,
    make_fetching: Callable[[MediaSite], Fetching],
) -> None:
    """The guard refuses it before there is a connection."""
    moved = Resource(status=302, headers={"Location": f"{tls_site.url}/film.mkv"})
    with pytest.raises(Exception, match="url_not_allowed"):
        make_fetching(site).bring(site.serve("/away", moved))
    assert not tls_site.requests
