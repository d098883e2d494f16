"""The notification service as a real process: what its messages come to."""

import json
import os
import random
import signal
from email.message import EmailMessage

import requests

from chassis.jobs import Job, new_fid
from chassis.links import LinkSigner
from chassis.messages import MP3_QUEUE, JobMessage
from devstack.mail_sink import MailSink
from devstack.maildir import plain_text
from tests.smtp_server import HookedServer
from tests.stage import LINK_SECRET, PUBLIC_URL, Stage
from tests.waiting import wait_for


def ids(mails: list[EmailMessage]) -> list[str]:
    return sorted(str(mail["Message-ID"]) for mail in mails)


def told(stage: Stage, *jobs: Job) -> None:
    """Wait until each of the jobs has its mail settled."""
    wait_for(lambda: all(stage.now_is(job).mail.settled for job in jobs), what="the mails")


def test_the_owner_of_a_ready_job_gets_one_mail(stage: Stage, mail_sink: MailSink) -> None:
    """The mail arrives whole, its link opens the MP3, and the job says when it was sent."""
    stage.start("notification")
    job = stage.ready_job(name="Holiday.mkv")
    stage.publish(MP3_QUEUE, JobMessage.about(job))
    mail = mail_sink.mails.wait_for(to=job.username, text=job.fid)
    assert mail["Subject"] == "MP3 Download"
    lines = plain_text(mail).splitlines()
    assert f"mp3 file_id: {job.fid} is now ready!" in lines
    link = next(line for line in lines if line.startswith(f"{PUBLIC_URL}/download"))
    signature = link.partition("signature=")[2]
    LinkSigner(LINK_SECRET, 60).check(job.fid, signature)
    told(stage, job)
    after = stage.now_is(job)
    assert after.mail.sent_at is not None
    assert after.due_at == after.expires_at
    assert stage.take(MP3_QUEUE) == []


def test_the_owner_of_a_failed_job_is_told_why(stage: Stage, mail_sink: MailSink) -> None:
    """The reason arrives, under a subject of its own."""
    stage.start("notification")
    job = stage.failed_job()
    stage.publish(MP3_QUEUE, JobMessage.about(job))
    mail = mail_sink.mails.wait_for(to=job.username, text=job.fid)
    assert mail["Subject"] == "MP3 Download failed"
    assert "The video holds no sound." in plain_text(mail)
    assert "no_audio" in plain_text(mail)


def test_copies_of_a_message_send_one_mail(stage: Stage, mail_sink: MailSink) -> None:
    """Two notifiers, five copies of each message, in any order: one mail for each job."""
    stage.start("notification")
    stage.start("notification")
    jobs = [stage.ready_job() for _ in range(30)] + [stage.failed_job() for _ in range(10)]
    messages = [JobMessage.about(job) for job in jobs for _ in range(5)]
    random.Random(1).shuffle(messages)
    stage.publish(MP3_QUEUE, *messages)
    told(stage, *jobs)
    wait_for(lambda: stage.depth(MP3_QUEUE) == 0, what="the end of the queue")
    stage.stop_all()
    assert stage.depth(MP3_QUEUE) == 0
    arrived = ids(mail_sink.mails.messages())
    assert len(arrived) == len(set(arrived)) == len(jobs)
    assert all(stage.now_is(job).mail.attempts == 1 for job in jobs)


def test_garbage_and_unknown_jobs_are_dead_lettered(stage: Stage, mail_sink: MailSink) -> None:
    """What is none of ours is put aside where an operator finds it, and the rest goes on."""
    stage.start("notification")
    job = stage.ready_job()
    unknown = JobMessage(new_fid(), "ada@example.com")
    bodies = [b"", b"{}", b"\xff\xfe", b'{"job_id": 7, "version": 1}', unknown.to_body()]
    stage.publish_raw(MP3_QUEUE, *bodies)
    stage.publish(MP3_QUEUE, JobMessage.about(job))
    told(stage, job)
    wait_for(lambda: stage.depth(f"{MP3_QUEUE}.dead") == len(bodies), what="the dead letters")
    assert sorted(stage.take(f"{MP3_QUEUE}.dead")) == sorted(bodies)
    assert len(mail_sink.mails.messages()) == 1


def test_no_address_no_mail(stage: Stage, mail_sink: MailSink) -> None:
    """An account's name that is no single address: given up with a code, nothing is sent."""
    service = stage.start("notification")
    jobs = [
        stage.ready_job(username=name)
        for name in ("ada@example.com, eve@example.com", "ada@example.com\r\nBcc: e@e.com", "ada")
    ]
    stage.publish(MP3_QUEUE, *[JobMessage.about(job) for job in jobs])
    told(stage, *jobs)
    for job in jobs:
        failure = stage.now_is(job).mail.failure
        assert failure is not None
        assert failure.code == "address_invalid"
    assert mail_sink.mails.messages() == []
    assert service.process.output().count('"code": "address_invalid"') == len(jobs)


def test_log_lines_carry_the_job_and_its_trace(stage: Stage) -> None:
    """One job can be followed through the logs; neither addresses nor links stand there."""
    service = stage.start("notification")
    job = stage.ready_job()
    trace = "1" * 32
    message = JobMessage(job.fid, job.username, traceparent=f"00-{trace}-{'2' * 16}-01")
    stage.publish(MP3_QUEUE, message)
    told(stage, job)
    service.process.wait_for_line("the mail is sent", 30)
    output = service.process.output()
    line = next(json.loads(text) for text in output.splitlines() if "the mail is sent" in text)
    assert (line["job_id"], line["trace_id"], line["service"]) == (job.fid, trace, "notification")
    assert job.username not in output
    assert "signature" not in output


def test_sigterm_finishes_the_mail_on_its_way(stage: Stage) -> None:
    """The mail that is being handed over is finished and written down; the next one stays."""
    first, second = stage.ready_job(), stage.ready_job()

    def stop_service(_mail: EmailMessage) -> None:
        os.kill(service.pid, signal.SIGTERM)

    with HookedServer(stop_service, slowness=0.3) as server:
        service = stage.start(
            "notification", SMTP_URL=f"smtp://127.0.0.1:{server.port}", MAIL_WORKERS="1"
        )
        stage.publish(MP3_QUEUE, JobMessage.about(first), JobMessage.about(second))
        assert service.process.wait(30) == 0
    assert ids(server.mails) == [f"<{first.fid}.ready@example.com>"]
    assert stage.now_is(first).mail.sent_at is not None
    assert stage.now_is(second).mail.attempts == 0
    assert stage.depth(MP3_QUEUE) == 1


def test_health_tells_the_truth(stage: Stage) -> None:
    """Alive and ready while it consumes; alive but not ready without RabbitMQ; counted mails."""
    service = stage.start("notification")
    job = stage.ready_job()
    stage.publish(MP3_QUEUE, JobMessage.about(job))
    told(stage, job)
    assert requests.get(f"{service.url}/healthz", timeout=5).status_code == 200
    assert requests.get(f"{service.url}/readyz", timeout=5).json() == {
        "mongodb": "ok",
        "rabbitmq": "ok",
    }
    metrics = requests.get(service.metrics_url, timeout=5).text
    assert 'mails_total{kind="ready",outcome="sent"} 1.0' in metrics
    assert "mail_delay_seconds_count 1.0" in metrics
    lonely = stage.service("notification", AMQP_URL="amqp://127.0.0.1:1")
    lonely.launch()
    lonely.process.wait_for_url(f"{lonely.url}/healthz", 30)
    answer = requests.get(f"{lonely.url}/readyz", timeout=5)
    assert answer.status_code == 503
    assert answer.json() == {"mongodb": "ok", "rabbitmq": "failed"}


def test_a_bad_environment_is_named_whole(stage: Stage) -> None:
    """It ends with 2 and names every variable that is missing or wrong."""
    service = stage.service("notification", SMTP_URL="mail:25", MAIL_FROM="", LINK_SECRET="x")
    service.launch()
    assert service.process.wait(30) == 2
    for name in ("SMTP_URL", "MAIL_FROM", "LINK_SECRET"):
        assert f"  {name}: " in service.process.output()
