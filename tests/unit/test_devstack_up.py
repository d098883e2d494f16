"""What `scripts/up` takes from the environment that it is started in."""

from devstack.up import _about_links


def test_settings_about_links_are_passed_on() -> None:
    """Where links may lead, and which yt-dlp is used; no secret, and nothing that has its place."""
    chosen = {
        "LINK_HOSTS": "example.com",
        "LINK_OPEN_ADDRESSES": "127.0.0.1:8000",
        "YT_DLP": "/tmp/yt-dlp",
    }
    others = {"LINK_SECRET": "a secret of somebody", "HEALTH_PORT": "1", "PATH": "/bin"}
    assert _about_links(chosen | others) == chosen
