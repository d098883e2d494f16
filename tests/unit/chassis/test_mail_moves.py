"""The moves of a finished job's mail."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.jobs import Failure, Job
from chassis.mail_moves import (
    NOTIFIER_LOST,
    mail_abandoned,
    mail_claimed,
    mail_given_up,
    mail_postponed,
    mail_sent,
)
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY

BUSY = Failure("mail_undelivered", "451 later")
MOMENT = timedelta(milliseconds=1)


def claimed(job: Job | None = None) -> Job:
    claim = mail_claimed(job or sample_jobs.ready(), "first", POLICY, NOW)
    assert claim is not None
    return claim


def used_up(job: Job) -> Job:
    return replace(job, mail=replace(job.mail, attempts=POLICY.max_mail_attempts))


@pytest.mark.parametrize("made", [sample_jobs.ready, sample_jobs.failed])
def test_one_claim_at_a_time(made: Callable[[], Job]) -> None:
    """Another gets the mail only when the first one's time is over."""
    job = claimed(made())
    assert mail_claimed(job, "second", POLICY, job.due_at - MOMENT) is None
    taken = mail_claimed(job, "second", POLICY, job.due_at)
    assert taken is not None
    assert taken.mail.attempts == 2


@pytest.mark.parametrize(
    "job",
    [
        sample_jobs.receiving(),
        sample_jobs.queued(),
        sample_jobs.converting(),
        sample_jobs.cancelled(),
        sample_jobs.expired(),
        sample_jobs.mailed(sample_jobs.ready()),
    ],
    ids=lambda job: str(job.state),
)
def test_no_claim_where_nobody_is_to_be_told(job: Job) -> None:
    """Only a ready or failed job has a mail, and one that is sent is not sent again."""
    assert mail_claimed(job, "first", POLICY, NOW) is None
    assert mail_abandoned(job, POLICY, NOW) is None


def test_a_postponed_mail_waits_for_its_time() -> None:
    """It cannot be claimed before, and is due for the sweeper exactly then."""
    job = mail_postponed(claimed(), "first", BUSY, POLICY, NOW)
    assert job is not None
    assert mail_claimed(job, "second", POLICY, job.due_at - MOMENT) is None
    assert mail_claimed(job, "second", POLICY, job.due_at) is not None


def test_only_the_holder_lets_go() -> None:
    """A late notifier neither postpones nor gives up what another holds by now."""
    assert mail_postponed(claimed(), "late", BUSY, POLICY, NOW) is None
    assert mail_given_up(claimed(), "late", BUSY, POLICY, NOW) is None


def test_whoever_sent_it_it_is_sent() -> None:
    """A late success saves a second copy, whoever has the claim; the MP3 expires in its time."""
    job = mail_sent(claimed(), POLICY, NOW)
    assert job is not None
    assert job.mail.sent_at == NOW
    assert job.due_at == job.expires_at


def test_the_last_attempt_is_given_up() -> None:
    """After the last attempt the reason stays with the mail, the job stays what it was."""
    job = mail_postponed(used_up(claimed()), "first", BUSY, POLICY, NOW)
    assert job is not None
    assert job.mail.failure == BUSY
    assert job.failure is None


def test_a_mail_that_ends_its_notifiers_is_abandoned() -> None:
    """When every attempt was used and the last notifier is silent, and not before."""
    job = used_up(claimed())
    assert mail_abandoned(claimed(), POLICY, job.due_at) is None
    assert mail_abandoned(job, POLICY, job.due_at - MOMENT) is None
    lost = mail_abandoned(job, POLICY, job.due_at)
    assert lost is not None
    assert lost.mail.failure == NOTIFIER_LOST
