"""The mail's link in a real browser: no token, no command line."""

import re
from pathlib import Path

from devstack.daemon import bare_environment
from devstack.maildir import plain_text
from devstack.process import Process
from devstack.stack import Stack
from tests.e2e.shell import Shell

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


def test_the_mails_link_saves_the_mp3(stack: Stack, shell: Shell, tmp_path: Path) -> None:
    """Followed in a browser that knows no token, the link saves the MP3 under the video's name."""
    name = "Отпуск 夏.mkv"
    (shell.folder / "video.mkv").rename(shell.folder / name)
    fid = shell.upload(name)
    mail = stack.mail_sink.mails.wait_for(text=f"mp3 file_id: {fid} is now ready!")
    html = mail.get_body(preferencelist=("html",))
    assert html is not None
    [link] = re.findall(r'<a href="([^"]+)">', html.get_content())
    link = link.replace("&amp;", "&")
    assert link in plain_text(mail)
    shell.run(
        f'curl -sS -H "Authorization: Bearer $TOKEN" -o out.mp3 '
        f'"{stack.gateway_url}/download?fid={fid}"'
    )
    browser = opened(link, tmp_path)
    browser.start()
    try:
        mp3 = tmp_path / "saved" / "Отпуск 夏.mp3"
        # While it arrives it has another name.
        browser.wait_until(mp3.exists, 60)
        assert mp3.read_bytes() == (shell.folder / "out.mp3").read_bytes()
    finally:
        browser.kill()
