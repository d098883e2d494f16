"""The real guard, a site of ours, and what brings in from it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import pytest

from chassis.link_rules import LinkRules
from chassis.media_cache import CachedLink
from chassis.sources import Link
from devstack.ports import LOOPBACK
from fetcher.bringing import LinkBringer
from fetcher.guard.name_resolver import NameResolver
from fetcher.guard.server import Guard
from fetcher.limits import FetchLimits
from fetcher.ports import Brought, Unchanged
from fetcher.ytdlp_program import Program
from tests.integration.fetcher.media_site import MediaSite

LIMITS = FetchLimits(
    max_bytes=64 << 20,
    max_seconds=120,
    least_rate=0,
    stall_seconds=5,
    extract_seconds=60,
    media_seconds=3600,
    memory_bytes=1 << 30,
    retry_pauses=(0.01, 0.02, 0.03, 0.04, 0.05),
)


@dataclass
class Arrived:
    """What a sink took, and how it was opened."""

    data: bytearray = field(default_factory=bytearray)
    opened: list[tuple[str, str]] = field(default_factory=list)
    progress: list[float] = field(default_factory=list)
    pieces: list[int] = field(default_factory=list)

    def open(self, name: str, content_type: str) -> "Arrived":
        self.opened.append((name, content_type))
        return self

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += data
        self.pieces.append(len(data))


@dataclass
class Fetching:
    """Brings in from a site through the guard; `arrived` is what the last one brought."""

    bringer: LinkBringer
    arrived: Arrived = field(default_factory=Arrived)

    def bring(
        self,
        url: str,
        known: CachedLink | None = None,
        *,
        key: str | None = None,
        pixels: bool = False,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Brought | Unchanged:
        self.arrived = Arrived()
        return self.bringer.bring(
            Link(url, key or url, pixels=pixels),
            known,
            self.arrived.open,
            on_progress=self.arrived.progress.append,
            should_stop=should_stop,
        )


@pytest.fixture
def site() -> Iterator[MediaSite]:
    with MediaSite().running() as site:
        yield site


@pytest.fixture
def secret() -> Iterator[MediaSite]:
    """A server that must not be reached."""
    with MediaSite().running() as site:
        yield site


def rules_for(*sites: MediaSite) -> LinkRules:
    return LinkRules(open_addresses=frozenset((ip_address(LOOPBACK), each.port) for each in sites))


@pytest.fixture
def make_fetching() -> Iterator[Callable[..., Fetching]]:
    guards: list[Guard] = []

    def make(site: MediaSite, limits: FetchLimits = LIMITS) -> Fetching:
        rules = rules_for(site)
        guard = Guard(rules, NameResolver()).__enter__()
        guards.append(guard)
        return Fetching(LinkBringer(guard, rules, limits, Program()))

    yield make
    for guard in guards:
        guard.__exit__()


@pytest.fixture
def fetching(site: MediaSite, make_fetching: Callable[..., Fetching]) -> Fetching:
    return make_fetching(site)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where scratch folders are made; a fetch leaves none of them behind."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())
