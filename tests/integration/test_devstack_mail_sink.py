"""The mail server keeps mails, and misbehaves exactly as told."""

import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest

from devstack.mail_sink import MailSink, Mode
from devstack.maildir import plain_text
from devstack.ports import LOOPBACK, free_port

ADDRESS = "someone@example.com"


def send(sink: MailSink, text: str = "hello", to: str = ADDRESS) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Grüße", "mp3@example.com", to
    mail.set_content(text)
    mail.add_alternative(f"<p>{text}</p>", subtype="html")
    with smtplib.SMTP(LOOPBACK, sink.port, timeout=2) as client:
        client.send_message(mail)


@pytest.mark.usefixtures("smtp_url")
def test_a_mail_arrives_whole(mail_sink: MailSink) -> None:
    """What was sent is found by its address and by its text, oldest first."""
    send(mail_sink, "the first")
    send(mail_sink, "the second", "other@example.com")
    assert len(mail_sink.mails.messages()) == 2
    mail = mail_sink.mails.wait_for(to=ADDRESS, text="first", timeout=5)
    assert mail["Subject"] == "Grüße"
    assert plain_text(mail) == "the first\n"
    assert plain_text(mail_sink.mails.wait_for(to="other@", timeout=5)) == "the second\n"
    with pytest.raises(TimeoutError, match="Grüße"):
        mail_sink.mails.wait_for(text="the third", timeout=0.1)


@pytest.mark.usefixtures("smtp_url")
@pytest.mark.parametrize(("mode", "code"), [(Mode.DEFER, 451), (Mode.REFUSE, 550)])
def test_refusals(mail_sink: MailSink, mode: Mode, code: int) -> None:
    """A refused mail is not kept; the next one is, once the server accepts again."""
    mail_sink.set_mode(mode)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        send(mail_sink)
    assert caught.value.recipients[ADDRESS][0] == code
    assert mail_sink.mails.messages() == []
    mail_sink.set_mode(Mode.ACCEPT)
    send(mail_sink)
    assert len(mail_sink.mails.messages()) == 1


@pytest.mark.usefixtures("smtp_url")
def test_hanging_after_data(mail_sink: MailSink) -> None:
    """A hanging server answers nothing after the text and keeps nothing; others are served."""
    mail_sink.set_mode(Mode.HANG)
    with pytest.raises(OSError, match="timed out"):
        send(mail_sink)
    mail_sink.set_mode(Mode.ACCEPT)
    send(mail_sink)
    assert len(mail_sink.mails.messages()) == 1


def test_dying_after_it_took_the_mail(tmp_path: Path) -> None:
    """The mail is kept though no answer came; started again, the server accepts."""
    with MailSink(tmp_path, free_port()) as sink:
        sink.set_mode(Mode.DIE)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(sink)
        sink.process.wait(10)
        assert len(sink.mails.messages()) == 1
        sink.start()
        send(sink)
        assert len(sink.mails.messages()) == 2
