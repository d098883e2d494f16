"""The mail server, the store or a notifier in trouble: each owner is told, once where possible.

A second copy of a mail is allowed only where a server took it and nobody heard its answer; then
both carry the same Message-ID.
"""

import os
import signal
from collections.abc import Iterator
from email.message import EmailMessage
from threading import Event

import pytest

from chassis.jobs import Job
from chassis.messages import MP3_QUEUE, JobMessage
from devstack.mail_sink import MailSink, Mode
from devstack.services import Service
from tests.smtp_server import HookedServer
from tests.stage import Stage
from tests.waiting import wait_for


def message_id(job: Job) -> str:
    return f"<{job.fid}.ready@example.com>"


def ids(mails: list[EmailMessage]) -> list[str]:
    return sorted(str(mail["Message-ID"]) for mail in mails)


def tried(stage: Stage, job: Job, attempts: int) -> None:
    """Wait until sending was tried so often and came to nothing."""

    def held_off() -> bool:
        mail = stage.now_is(job).mail
        return mail.attempts >= attempts and mail.lease is None

    wait_for(held_off, what=f"attempt {attempts}")


def settled(stage: Stage, *jobs: Job) -> None:
    """Wait until each of the jobs has its mail settled."""
    wait_for(lambda: all(stage.now_is(job).mail.settled for job in jobs), what="the mails")


def announced_ready_job(stage: Stage) -> Job:
    job = stage.ready_job()
    stage.publish(MP3_QUEUE, JobMessage.about(job))
    return job


def trouble_updates(stage: Stage, **trouble: object) -> None:
    """The changes that the notification service makes in MongoDB meet with `trouble`."""
    data = {"failCommands": ["update"], "appName": "notification"} | trouble
    stage.client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)


def calm_updates(stage: Stage) -> None:
    """The changes that the notification service makes work again."""
    stage.client.admin.command("configureFailPoint", "failCommand", mode="off")


@pytest.fixture(autouse=True)
def _calm_afterwards(stage: Stage) -> Iterator[None]:
    yield
    calm_updates(stage)


def test_4xx_for_a_while_is_delivered_once(stage: Stage, mail_sink: MailSink) -> None:
    """A server that is busy gets the mail when it is ready for it, once."""
    mail_sink.set_mode(Mode.DEFER)
    stage.start("notification")
    stage.start("sweeper")
    job = announced_ready_job(stage)
    tried(stage, job, 2)
    assert mail_sink.mails.messages() == []
    mail_sink.set_mode(Mode.ACCEPT)
    settled(stage, job)
    assert ids(mail_sink.mails.messages()) == [message_id(job)]
    assert stage.now_is(job).mail.attempts >= 3


def test_5xx_is_given_up_with_its_reason(stage: Stage, mail_sink: MailSink) -> None:
    """A server that says never is asked once; the job keeps what it said and stays ready."""
    mail_sink.set_mode(Mode.REFUSE)
    stage.start("notification")
    stage.start("sweeper")
    job = announced_ready_job(stage)
    settled(stage, job)
    after = stage.now_is(job)
    assert after.mail.failure is not None
    assert after.mail.failure.code == "mail_refused"
    assert "550 5.7.1 Not wanted here" in after.mail.failure.detail
    assert after.mail.attempts == 1
    assert after.mp3_fid == job.mp3_fid
    assert mail_sink.mails.messages() == []


def test_a_server_that_hangs_after_data(stage: Stage, mail_sink: MailSink) -> None:
    """It is left after a time, and the mail is sent again under the same Message-ID."""
    mail_sink.set_mode(Mode.HANG)
    stage.start("notification")
    stage.start("sweeper")
    job = announced_ready_job(stage)
    tried(stage, job, 1)
    mail_sink.set_mode(Mode.ACCEPT)
    settled(stage, job)
    assert ids(mail_sink.mails.messages()) == [message_id(job)]


def test_a_server_that_dies_with_the_mail(stage: Stage, mail_sink: MailSink) -> None:
    """It took the mail and nobody heard it: the second copy is known by its Message-ID."""
    mail_sink.set_mode(Mode.DIE)
    stage.start("notification")
    stage.start("sweeper")
    job = announced_ready_job(stage)
    wait_for(lambda: not mail_sink.running, what="the death of the mail server")
    tried(stage, job, 1)
    mail_sink.start()
    settled(stage, job)
    assert ids(mail_sink.mails.messages()) == [message_id(job)] * 2


def test_no_server_at_all_for_a_while(stage: Stage, mail_sink: MailSink) -> None:
    """While nobody listens, mails wait; then each goes out once."""
    mail_sink.stop()
    try:
        stage.start("notification")
        stage.start("sweeper")
        jobs = [announced_ready_job(stage) for _ in range(5)]
        for job in jobs:
            tried(stage, job, 1)
    finally:
        mail_sink.start()
    settled(stage, *jobs)
    assert ids(mail_sink.mails.messages()) == sorted(message_id(job) for job in jobs)


def test_sigkill_before_the_servers_answer(stage: Stage) -> None:
    """The notifier dies while the server takes the mail: another sends it after the lease."""
    killed = Event()
    victim: list[Service] = []

    def kill_first(_mail: EmailMessage) -> None:
        if not killed.is_set():
            os.kill(victim[0].pid, signal.SIGKILL)
            killed.set()

    with HookedServer(kill_first) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        victim.append(stage.start("notification", SMTP_URL=url))
        job = announced_ready_job(stage)
        assert killed.wait(30)
        claim = stage.now_is(job).mail.lease
        assert claim is not None
        stage.start("notification", SMTP_URL=url)
        stage.start("sweeper")
        settled(stage, job)
    after = stage.now_is(job)
    assert after.mail.sent_at is not None
    assert after.mail.sent_at >= claim.expires_at
    assert ids(server.mails) == [message_id(job)] * 2


def test_sigkill_between_sending_and_writing_it_down(stage: Stage) -> None:
    """The mail is out and the job does not know: the second copy has the same Message-ID."""
    job = stage.ready_job()

    def lose_the_store(_mail: EmailMessage) -> None:
        trouble_updates(stage, closeConnection=True)

    with HookedServer(lose_the_store) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        victim = stage.start("notification", SMTP_URL=url)
        stage.publish(MP3_QUEUE, JobMessage.about(job))
        victim.process.wait_for_line("the mail is sent", 30)
        victim.kill()
        assert stage.now_is(job).mail.sent_at is None
        server.answer = None
        calm_updates(stage)
        stage.start("notification", SMTP_URL=url)
        stage.start("sweeper")
        settled(stage, job)
    assert ids(server.mails) == [message_id(job)] * 2


def test_a_store_that_is_away_after_the_sending(stage: Stage) -> None:
    """MongoDB cannot be reached when the mail is out: it is written down later, not sent again."""
    job = stage.ready_job()

    def lose_the_store(_mail: EmailMessage) -> None:
        trouble_updates(stage, closeConnection=True)

    with HookedServer(lose_the_store) as server:
        service = stage.start("notification", SMTP_URL=f"smtp://127.0.0.1:{server.port}")
        stage.start("sweeper")
        stage.publish(MP3_QUEUE, JobMessage.about(job))
        service.process.wait_for_line("the store is away: it is tried again", 30)
        calm_updates(stage)
        settled(stage, job)
    assert ids(server.mails) == [message_id(job)]


def test_a_notifier_that_sleeps_past_its_claim(stage: Stage, mail_sink: MailSink) -> None:
    """SIGSTOP before the mail is handed over, then SIGCONT: the late one sends nothing."""
    job = stage.ready_job()
    with HookedServer(slowness=1.0) as server:
        sleeper = stage.start("notification", SMTP_URL=f"smtp://127.0.0.1:{server.port}")
        stage.publish(MP3_QUEUE, JobMessage.about(job))
        wait_for(lambda: stage.now_is(job).mail.lease is not None, what="the claim")
        sleeper.suspend()
        stage.start("notification")
        stage.start("sweeper")
        settled(stage, job)
        sleeper.resume()
        sleeper.process.wait_for_line("the mail is postponed", 30)
        assert server.mails == []
    assert ids(mail_sink.mails.messages()) == [message_id(job)]
    assert stage.now_is(job).mail.sent_at is not None
