"""The legal moves of a finished job's one mail: claim, sent, later, given up.

As in `chassis.moves`, each returns what the job becomes, or None when the move is not possible any
more. A mail is claimed by a lease as a job is, so that two notifiers do not send it at once.
"""

from dataclasses import replace
from datetime import datetime

from chassis.jobs import Failure, Job, Lease, Mail, Policy, State

TOLD = frozenset({State.READY, State.FAILED})
"""The states whose owner is mailed."""

NOTIFIER_LOST = Failure("notifier_lost", "Sending stopped in the middle each time it was tried.")


def mail_is_due(job: Job) -> bool:
    """Whether the owner has yet to be told."""
    return job.state in TOLD and not job.mail.settled


def mail_claimed(job: Job, holder: str, policy: Policy, now: datetime) -> Job | None:
    """A notifier takes the mail: it is due, and nobody else is sending it."""
    mail = job.mail
    held = mail.lease is not None and mail.lease.expires_at > now
    early = mail.not_before is not None and mail.not_before > now
    used_up = mail.attempts >= policy.max_mail_attempts
    if not mail_is_due(job) or held or early or used_up:
        return None
    until = now + policy.lease
    claim = replace(mail, lease=Lease(holder, until), attempts=mail.attempts + 1, not_before=None)
    return replace(job, mail=claim, due_at=until)


def mail_sent(job: Job, policy: Policy, now: datetime) -> Job | None:
    """A server took the mail; that holds whoever has the claim by now, and saves a second copy."""
    if not mail_is_due(job):
        return None
    return _settled(job, replace(job.mail, lease=None, sent_at=now), policy, now)


def mail_postponed(
    job: Job, holder: str, reason: Failure, policy: Policy, now: datetime
) -> Job | None:
    """The mail server is at fault: the mail is tried again later, or given up in the end."""
    if not _is_sending(job, holder):
        return None
    if job.mail.attempts >= policy.max_mail_attempts:
        return mail_given_up(job, holder, reason, policy, now)
    not_before = now + policy.mail_delay(job.mail.attempts)
    return replace(
        job, mail=replace(job.mail, lease=None, not_before=not_before), due_at=not_before
    )


def mail_given_up(
    job: Job, holder: str, reason: Failure, policy: Policy, now: datetime
) -> Job | None:
    """The mail can never arrive (a server said so for good): the reason stays with the job."""
    if not _is_sending(job, holder):
        return None
    return _settled(job, replace(job.mail, lease=None, failure=reason), policy, now)


def mail_abandoned(job: Job, policy: Policy, now: datetime) -> Job | None:
    """Notifier after notifier fell silent over this mail: it is given up."""
    mail = job.mail
    held = mail.lease is not None and mail.lease.expires_at > now
    if not mail_is_due(job) or held or mail.attempts < policy.max_mail_attempts:
        return None
    return _settled(job, replace(mail, lease=None, failure=NOTIFIER_LOST), policy, now)


def _is_sending(job: Job, holder: str) -> bool:
    lease = job.mail.lease
    return mail_is_due(job) and lease is not None and lease.holder == holder


def _settled(job: Job, mail: Mail, policy: Policy, now: datetime) -> Job:
    due_at = job.expires_at if job.state is State.READY else now + policy.job_retention
    return replace(job, mail=mail, due_at=due_at or now, announcements=0)
