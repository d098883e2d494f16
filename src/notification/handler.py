"""One message of the queue `mp3`: claim the job's mail, send it, write down what became of it."""

import secrets
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from threading import Event
from time import monotonic
from typing import Final, Protocol

import structlog

from chassis.errors import Permanent, Retryable, StoreUnavailable, UnknownJob
from chassis.jobs import Failure, Job, Policy, now_utc
from chassis.mail_moves import mail_claimed, mail_given_up, mail_postponed, mail_sent
from chassis.messages import JobMessage
from chassis.ports import JobStore, Move
from notification.metrics import MAIL_DELAY_SECONDS, MAILS

log = structlog.get_logger(__name__)

STORE_PAUSE_SECONDS: Final = 0.5
_UNEXPECTED: Final = Failure("internal", "The mail could not be made or sent; the log says why.")


class MailWriter(Protocol):
    """Makes the mail of a finished job; see notification.mails."""

    def write(self, job: Job, now: datetime) -> EmailMessage:
        """The mail; raises Permanent when there can be none."""


class Mailer(Protocol):
    """Hands mails over; see notification.smtp."""

    def send(self, mail: EmailMessage, recipient: str, *, since: float) -> None:
        """Returns when a server took it; raises Permanent or Retryable.

        Its time runs from `since` (as `time.monotonic` has it), when it was claimed.
        """


class Notifier:
    """Tells owners how their jobs ended, once for each job as far as SMTP can promise it.

    `process` is the unique name of this process; `hurry` is set when it has to end soon.
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        writer: MailWriter,
        mailer: Mailer,
        policy: Policy,
        process: str,
        hurry: Event,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._jobs = jobs
        self._writer = writer
        self._mailer = mailer
        self._policy = policy
        self._process = process
        self._hurry = hurry
        self._clock = clock
        self._unwritten: set[str] = set()

    def handle(self, message: JobMessage) -> None:
        """Send the mail of the job that `message` names, if it is to be sent now, by us.

        Raises UnknownJob, or StoreUnavailable before anything was sent. A mail that could not be
        sent raises nothing: the job keeps when to try again, and the sweeper announces it then.
        """
        if self._jobs.get(message.job_id) is None:
            raise UnknownJob
        if message.job_id in self._unwritten:
            # The store was away for longer than our claim: announced again, but it is sent.
            log.info("the mail is sent, and is being written down")
            return
        # A name for each claim: a thread whose claim ran out cannot let go of another's.
        holder = f"{self._process}/{secrets.token_hex(4)}"
        since, now = monotonic(), self._clock()
        claim = partial(mail_claimed, holder=holder, policy=self._policy, now=now)
        job = self._jobs.update(message.job_id, claim)
        if job is None:
            log.info("there is no mail to send now")
            return
        outcome, settle = self._outcome(job, holder, since)
        MAILS.labels(job.state, outcome).inc()
        self._write_down(job, settle)

    def _outcome(self, job: Job, holder: str, since: float) -> tuple[str, Move]:
        """Send the mail; what came of it in a word, and the move that writes it down."""
        try:
            mail = self._writer.write(job, self._clock())
            self._mailer.send(mail, job.username, since=since)
        except Permanent as error:
            reason = Failure(error.code, error.detail)
            log.warning("the mail is given up", code=error.code, detail=error.detail)
            return "given_up", self._move(mail_given_up, holder=holder, reason=reason)
        except Retryable as error:
            reason = Failure(error.code, error.detail)
            log.warning("the mail is postponed", code=error.code, detail=error.detail)
            return "postponed", self._move(mail_postponed, holder=holder, reason=reason)
        except Exception:
            log.exception("the mail is postponed")
            return "postponed", self._move(mail_postponed, holder=holder, reason=_UNEXPECTED)
        MAIL_DELAY_SECONDS.observe(max(0.0, (self._clock() - job.updated_at).total_seconds()))
        log.info("the mail is sent", kind=str(job.state), attempts=job.mail.attempts)
        return "sent", self._move(mail_sent)

    def _move(self, rule: Callable[..., Job | None], **named: object) -> Move:
        return partial(rule, policy=self._policy, now=self._clock(), **named)

    def _write_down(self, job: Job, settle: Move) -> None:
        """Insist while the store is away: what is not written down is sent a second time."""
        self._unwritten.add(job.fid)
        while True:
            try:
                self._jobs.update(job.fid, settle)
            except StoreUnavailable:
                if self._hurry.wait(STORE_PAUSE_SECONDS):
                    raise
                log.warning("the store is away: it is tried again")
            else:
                self._unwritten.discard(job.fid)
                return
