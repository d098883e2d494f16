"""The page of the mail sink shows what arrived, and lets nothing of it out."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from devstack.mail_sink import MailSink
from devstack.ports import LOOPBACK, free_port

SCRIPT = "<script>document.title = 'bad'</script>"


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailSink]:
    with MailSink(tmp_path_factory.mktemp("mail"), free_port(), free_port()) as server:
        yield server


@pytest.fixture
def page(sink: MailSink) -> MailSink:
    sink.clear()
    return sink


def send(sink: MailSink, subject: str = "Grüße", html: str = "<p>hello</p>") -> str:
    """Send a mail; returns the name that the page has for it."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "mp3@example.com", "someone@example.com"
    mail["Message-ID"] = "<1.ready@example.com>"
    mail.set_content(f"Get it at http://mp3.example.com/download?fid=1&x=2\n{SCRIPT}\n")
    mail.add_alternative(html, subtype="html")
    with smtplib.SMTP(LOOPBACK, sink.port, timeout=5) as client:
        client.send_message(mail)
    return str(get(sink, "/mails.json").json()[-1]["name"])


def get(sink: MailSink, path: str) -> requests.Response:
    return requests.get(sink.web_url + path, timeout=10)


def test_every_mail_is_listed_newest_first(page: MailSink) -> None:
    """The list names each mail with a link to it; for programs there is JSON, oldest first."""
    assert "No mail" in get(page, "/").text
    first, second = send(page, "the first"), send(page, "the second")
    text = get(page, "/").text
    assert text.index(f"/mails/{second}") < text.index(f"/mails/{first}")
    assert text.index("the second") < text.index("the first")
    assert [(row["subject"], row["message_id"]) for row in get(page, "/mails.json").json()] == [
        ("the first", "<1.ready@example.com>"),
        ("the second", "<1.ready@example.com>"),
    ]


def test_a_mail_is_shown_as_text(page: MailSink) -> None:
    """Its text is escaped, its links can be followed, its source is what arrived."""
    name = send(page, f"subject {SCRIPT}")
    text = get(page, f"/mails/{name}").text
    assert SCRIPT not in text
    assert text.count("&lt;script&gt;") == 4  # title, heading, text, headers
    assert 'href="http://mp3.example.com/download?fid=1&amp;x=2"' in text
    source = get(page, f"/mails/{name}/source")
    assert source.headers["Content-Type"].startswith("text/plain")
    assert source.content in (page.mail_folder / "new" / name).read_bytes()


def test_html_of_a_mail_is_locked_in(page: MailSink) -> None:
    """It stands in a frame without scripts and origin, also where it is opened by itself."""
    name = send(page, html=f"<p>hello</p>{SCRIPT}")
    shown = get(page, f"/mails/{name}")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown.text
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'")
    framed = get(page, f"/mails/{name}/html")
    assert "<p>hello</p>" in framed.text
    policy = framed.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src")
    assert "allow-scripts" not in policy
    assert framed.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["none", "..%2Fmode", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "new", "%00"]
)
def test_nothing_but_mails_is_shown(page: MailSink, name: str) -> None:
    """A name that no mail has is not found, whatever file it might lead to."""
    send(page)
    (page.folder / "mode").write_text("accept")
    for path in (f"/mails/{name}", f"/mails/{name}/html", f"/mails/{name}/source"):
        assert get(page, path).status_code == 404


def test_odd_mails_are_shown(page: MailSink) -> None:
    """A mail without parts, subject or known charset has a page, too."""
    raw = b"Content-Type: text/html; charset=x-nobody\n\n<p>caf\xe9</p>\n"
    Path(page.mail_folder / "new" / "odd").write_bytes(raw)
    Path(page.mail_folder / "new" / "empty").write_bytes(b"")
    assert "(no subject)" in get(page, "/").text
    assert "caf\ufffd" in get(page, "/mails/odd/html").text
    assert get(page, "/mails/empty").status_code == 200
    assert get(page, "/mails/empty/html").status_code == 404
