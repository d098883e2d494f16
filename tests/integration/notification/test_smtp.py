"""Handing a mail over to real mail servers that behave well and badly."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import quote

import pytest

from devstack.mail_sink import MailSink, Mode
from devstack.ports import LOOPBACK, free_port
from notification.smtp import MailRefused, MailUndelivered, SmtpMailer
from notification.smtp_url import MailServer
from tests.certificates import server_context, write_certificate
from tests.smtp_server import PASSWORD, USER, HookedServer

# The test server warns that passwords without TLS are no good idea; here a wrong one is sent.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")

SENDER = Address("MP3s", "mp3", "example.com")
LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"


def a_mail(to: str = "ada@example.com") -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = SENDER, to, "MP3 Download"
    mail["Message-ID"] = "<1@example.com>"
    mail.set_content("text\n")
    return mail


def mailer(url: str, timeout: float = 5.0) -> SmtpMailer:
    return SmtpMailer(MailServer.parse(url), SENDER, timeout)


def url_of(server: HookedServer, scheme: str = "smtp", login: str = "") -> str:
    return f"{scheme}://{login}{LOOPBACK}:{server.port}"


def send_to(server: HookedServer, scheme: str = "smtp", login: str = "") -> None:
    mailer(url_of(server, scheme, login)).send(a_mail(), "ada@example.com", since=monotonic())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path)


def test_a_mail_arrives(smtp_url: str, mail_sink: MailSink) -> None:
    """A server that takes the mail has it, as it was written."""
    mailer(smtp_url).send(a_mail(), "ada@example.com", since=monotonic())
    assert [mail["Message-ID"] for mail in mail_sink.mails.messages()] == ["<1@example.com>"]


def test_it_goes_to_its_recipient_alone() -> None:
    """Who gets a mail is said by the caller, whatever the header holds."""
    with HookedServer() as server:
        mail = a_mail("ada@example.com, eve@example.com")
        mail["Bcc"] = "eve@example.com"
        mailer(url_of(server)).send(mail, "ada@example.com", since=monotonic())
    assert [envelope.rcpt_tos for envelope in server.envelopes] == [["ada@example.com"]]
    assert server.envelopes[0].mail_from == "mp3@example.com"


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_5xx_about_the_mail_is_final(step: str) -> None:
    """The server said never, with its reason."""
    with (
        HookedServer(replies={step: "550 5.1.1 no\tsuch user"}) as server,
        pytest.raises(MailRefused) as caught,
    ):
        send_to(server)
    assert caught.value.code == "mail_refused"
    assert "550 5.1.1 no such user" in caught.value.detail


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("code", ["421", "451"])
def test_4xx_is_for_later(step: str, code: str) -> None:
    """The server said not now."""
    with (
        HookedServer(replies={step: f"{code} busy"}) as server,
        pytest.raises(MailUndelivered, match=rf"{code} busy"),
    ):
        send_to(server)


def test_a_refused_sender_is_the_installations_fault() -> None:
    """5xx about our own address is for an operator to mend, so the mail waits."""
    with (
        HookedServer(replies={"MAIL": "550 not you"}) as server,
        pytest.raises(MailUndelivered, match="550 not you"),
    ):
        send_to(server)


def test_a_bad_farewell_does_not_undo_the_mail() -> None:
    """The mail was taken: what the server says to QUIT does not matter."""
    with HookedServer(replies={"QUIT": "451 no"}) as server:
        send_to(server)
    assert len(server.mails) == 1


def test_the_sinks_refusals(smtp_url: str, mail_sink: MailSink) -> None:
    """The modes that the fault tests rely on mean what they say."""
    mail_sink.set_mode(Mode.DEFER)
    with pytest.raises(MailUndelivered):
        mailer(smtp_url).send(a_mail(), "ada@example.com", since=monotonic())
    mail_sink.set_mode(Mode.REFUSE)
    with pytest.raises(MailRefused):
        mailer(smtp_url).send(a_mail(), "ada@example.com", since=monotonic())
    assert mail_sink.mails.messages() == []


def test_no_server_is_for_later() -> None:
    """Nobody listens there."""
    with pytest.raises(MailUndelivered):
        mailer(f"smtp://{LOOPBACK}:{free_port()}").send(
            a_mail(), "ada@example.com", since=monotonic()
        )


def test_an_unknown_host_is_for_later() -> None:
    """A name that does not resolve may do so later (RFC 6761 keeps .invalid unresolved)."""
    with pytest.raises(MailUndelivered):
        mailer("smtp://mail.invalid").send(a_mail(), "ada@example.com", since=monotonic())


@contextmanager
def peer(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Something that listens and talks to its first client as told; its URL."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                talk(client)

        thread = Thread(target=serve)
        thread.start()
        yield f"smtp://{LOOPBACK}:{listener.getsockname()[1]}"
        thread.join(30)
        assert not thread.is_alive()


def silent(client: socket.socket) -> None:
    client.recv(1)


def nonsense(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


def gone(_client: socket.socket) -> None:
    return


def endless(client: socket.socket) -> None:
    """A line that never ends."""
    try:
        while True:
            client.sendall(b"2" * 65_536)
    except OSError:
        return


def test_a_mail_whose_time_is_over_is_not_sent(smtp_url: str, mail_sink: MailSink) -> None:
    """A sender that was stopped after its claim sends nothing when another may have the claim."""
    with pytest.raises(MailUndelivered, match="its time is over"):
        mailer(smtp_url, timeout=5).send(a_mail(), "ada@example.com", since=monotonic() - 6)
    assert mail_sink.mails.messages() == []


def without_farewell(client: socket.socket) -> None:
    """Takes a mail as it should, and hangs up at QUIT without a word."""
    lines = client.makefile("rb")
    client.sendall(b"220 hello\r\n")
    in_data = False
    for line in lines:
        if line == b".\r\n":
            in_data = False
        elif line.startswith(b"data"):
            in_data = True
            client.sendall(b"354 go on\r\n")
            continue
        elif line.startswith(b"quit"):
            return
        if not in_data:
            client.sendall(b"250 OK\r\n")


def test_no_farewell_does_not_undo_the_mail() -> None:
    """The server hangs up once it has the mail: it is sent all the same."""
    with peer(without_farewell) as url:
        mailer(url).send(a_mail(), "ada@example.com", since=monotonic())


@pytest.mark.parametrize("talk", [silent, nonsense, gone, endless])
def test_what_is_no_mail_server_is_for_later(talk: Callable[[socket.socket], None]) -> None:
    """Whatever answers there, the mail waits."""
    with peer(talk) as url, pytest.raises(MailUndelivered):
        mailer(url, timeout=1).send(a_mail(), "ada@example.com", since=monotonic())


def test_nothing_is_sent_after_its_time() -> None:
    """A server that is slow at each step gets no mail once the time for it is over."""
    with HookedServer(slowness=0.6) as server, pytest.raises(MailUndelivered):
        mailer(url_of(server), timeout=1).send(a_mail(), "ada@example.com", since=monotonic())
    assert server.mails == []


def test_tls_from_the_start(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """smtps:// checks the server's certificate and logs in."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with HookedServer(tls=server_context(certificate), login=True) as server:
        send_to(server, "smtps", LOGIN)
    assert len(server.mails) == 1


def test_starttls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """smtp+starttls:// protects the connection before it logs in."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with HookedServer(starttls=server_context(certificate), login=True) as server:
        send_to(server, "smtp+starttls", LOGIN)
    assert len(server.mails) == 1


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_an_unknown_certificate_is_refused(scheme: str, certificate: Path) -> None:
    """Nobody in between gets the mail or the password."""
    context = server_context(certificate)
    tls: dict[str, Any] = {"tls": context} if scheme == "smtps" else {"starttls": context}
    with (
        HookedServer(login=True, **tls) as server,
        pytest.raises(MailUndelivered, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        send_to(server, scheme, LOGIN)
    assert server.mails == []


def test_starttls_is_not_given_up() -> None:
    """A server that offers no STARTTLS gets neither password nor mail."""
    with HookedServer() as server, pytest.raises(MailUndelivered, match="STARTTLS"):
        send_to(server, "smtp+starttls", LOGIN)
    assert server.mails == []


def test_a_wrong_password_is_the_installations_fault() -> None:
    """An operator has to mend it: the mail waits."""
    with HookedServer(login=True) as server, pytest.raises(MailUndelivered, match="535"):
        send_to(server, "smtp", f"{USER}:wrong@")


def test_an_address_in_another_script() -> None:
    """It is sent as RFC 6531 says."""
    with HookedServer() as server:
        mail = a_mail("jürgen@example.com")
        mailer(url_of(server)).send(mail, "jürgen@example.com", since=monotonic())
    assert server.envelopes[0].rcpt_tos == ["jürgen@example.com"]
    assert "SMTPUTF8" in server.envelopes[0].mail_options
