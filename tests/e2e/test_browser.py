"""The mail's link in a real browser: no token, no command line."""

import re
from pathlib import Path

from devstack.maildir import plain_text
from devstack.stack import Stack
from tests.browser import opened
from tests.e2e.shell import Shell


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
