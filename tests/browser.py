"""A real browser without a window, which saves what it is given."""

from pathlib import Path

from devstack.daemon import bare_environment
from devstack.process import Process

PREFERENCES = '{"download": {"default_directory": "%s", "prompt_for_download": false}}'


def opened(link: str, folder: Path) -> Process:
    """Chromium without a window on `link`, with its profile in `folder`; it saves into `saved`."""
    profile, saved = folder / "profile", folder / "saved"
    saved.mkdir()
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text(PREFERENCES % saved)
    return Process(
        "chromium",
        [
            *("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-dev-shm-usage", "--no-proxy-server", "--disable-background-networking"),
            "--remote-debugging-port=0",  # else it ends as soon as the page has been loaded
            f"--user-data-dir={profile}",
            link,
        ],
        log=folder / "chromium.log",
        environment=bare_environment() | {"HOME": str(folder)},
    )
