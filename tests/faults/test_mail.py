"""The mail server refuses, hangs or dies, or the notification service dies over a mail."""

import signal

import pytest

from devstack.mail_sink import Mode
from tests.faults.clips import Clips
from tests.faults.invariant import Promise
from tests.faults.recovery import Fault
from tests.faults.steps import Step, after, before
from tests.faults.system import System, counted
from tests.waiting import wait_for


@pytest.mark.parametrize("mode", [Mode.DEFER, Mode.HANG])
def test_the_mail_server_takes_nothing(
    mode: Mode, system: System, fault: Fault, clips: Clips
) -> None:
    """While the mail server takes nothing, MP3s are made all the same; the mails come later."""
    sink = system.stack.mail_sink
    sink.set_mode(mode)
    promises = [system.client.promised(clip) for clip in clips.short]
    twice = {"state": "ready", "mail.attempts": {"$gte": 2}}
    tried = system.jobs.count_documents
    wait_for(lambda: tried(twice) == len(promises), what="a second attempt for each mail")
    assert sink.mails.messages() == []
    sink.set_mode(Mode.ACCEPT)
    fault.ends()
    fault.assert_survived(promises)


def test_the_mail_server_is_down(system: System, fault: Fault, clips: Clips) -> None:
    """Mails wait for a mail server that is not there."""
    system.stack.mail_sink.kill()
    promises = [system.client.promised(clip) for clip in clips.short]
    tried = system.jobs.count_documents
    wait_for(lambda: tried({"mail.attempts": {"$gte": 1}}) == len(promises), what="an attempt")
    system.stack.mail_sink.start()
    fault.ends()
    fault.assert_survived(promises)


def test_the_mail_server_dies_over_a_mail(system: System, fault: Fault, clips: Clips) -> None:
    """A mail server that takes a mail and dies before it says so gets it again, the same mail."""
    sink = system.stack.mail_sink
    sink.set_mode(Mode.DIE)
    fid = system.client.upload(clips.short[0].content())
    wait_for(lambda: not sink.running, what="the end of the mail server")
    sink.start()
    fault.ends()
    fault.assert_survived([Promise(fid, clips.short[0].seconds, copies=2)])
    assert len(sink.mails.messages()) == 2


SENT = before("update", "jobs.jobs", mailed=True)


@pytest.mark.parametrize(
    ("step", "copies"), [(after("update", "jobs.jobs"), 1), (SENT, 2)], ids=["claimed", "sent"]
)
def test_notification_is_killed(
    step: Step, copies: int, system: System, fault: Fault, clips: Clips
) -> None:
    """A mail whose sender dies is sent by its successor: again, if it cannot know of the first."""
    notification = system.service("notification")
    system.interrupt(notification, step)
    fid = system.client.upload(clips.short[0].content())
    system.await_killed(notification)
    notification.start()
    fault.ends()
    fault.assert_survived([Promise(fid, clips.short[0].seconds, copies=copies)])
    assert len(system.stack.mail_sink.mails.messages()) == copies


def test_a_late_notification_sends_nothing(system: System, fault: Fault, clips: Clips) -> None:
    """A sender that stops before it has sent its mail, and goes on when another has the claim,
    sends nothing any more.
    """
    late = system.service("notification")
    earlier = counted(late, "mails_total")
    system.interrupt(late, after("update", "jobs.jobs"), signal.SIGSTOP)
    promises = [system.client.promised(clips.short[0])]
    system.await_stopped(late)
    system.add_replica("notification")
    sent = {"mail.sent_at": {"$ne": None}}
    wait_for(lambda: system.jobs.find_one(sent) is not None, what="the successor's mail")
    late.resume()
    fault.ends()
    wait_for(lambda: counted(late, "mails_total") > earlier, what="the end of the late attempt")
    fault.assert_survived(promises)
