"""What `scripts/up` takes from the environment that it is started in."""

from devstack.up import ABOUT_LINKS, about_links
from fetcher.settings import FetcherSettings


def test_settings_about_links_are_passed_on() -> None:
    """Where links may lead, and which yt-dlp is used; no secret, and nothing that has its place."""
    chosen = {"LINK_OPEN_ADDRESSES": "127.0.0.1:8000", "YT_DLP": "/tmp/yt-dlp"}
    others = {"LINK_SECRET": "a secret of somebody", "HEALTH_PORT": "1", "PATH": "/bin"}
    assert about_links(chosen | others) == chosen


def test_they_are_all_of_the_fetcher() -> None:
    """None is forgotten, and none is misspelt."""
    names = {name.upper() for name in FetcherSettings.model_fields}
    assert {name for name in names if name.startswith(("LINK_", "YT_DLP"))} == set(ABOUT_LINKS)
