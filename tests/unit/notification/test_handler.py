"""What a notifier does with a message, on a store in memory and a mailer that obeys."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from threading import Event

import pytest

from chassis.errors import Permanent, Retryable, StoreUnavailable, UnknownJob
from chassis.fakes import FakeJobStore
from chassis.jobs import Job, State
from chassis.messages import JobMessage
from chassis.ports import Move
from notification.handler import Notifier
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY


class Post:
    """A mailer that takes every mail, or raises what it was told to raise."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.error: Exception | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def send(self, _mail: EmailMessage, recipient: str, *, since: float) -> None:
        """See notification.handler.Mailer."""
        self.meanwhile()
        if self.error:
            raise self.error
        self.sent.append(recipient)


class PlainWriter:
    """Writes mails that nobody reads."""

    def write(self, _job: Job, _now: datetime) -> EmailMessage:
        """See notification.handler.MailWriter."""
        return EmailMessage()


class Desk:
    """A notifier with everything round it, at a time that tests set."""

    def __init__(self, jobs: FakeJobStore | None = None) -> None:
        self.jobs = jobs or FakeJobStore()
        self.post = Post()
        self.hurry = Event()
        self.now = NOW
        self.notifier = Notifier(
            jobs=self.jobs,
            writer=PlainWriter(),
            mailer=self.post,
            policy=POLICY,
            process="notifier",
            hurry=self.hurry,
            clock=lambda: self.now,
        )

    def tell(self, job: Job) -> Job:
        """Hand in the message about `job`; the job as it is afterwards."""
        self.notifier.handle(JobMessage.about(job))
        stored = self.jobs.get(job.fid)
        assert stored is not None
        return stored


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("made", [sample_jobs.ready, sample_jobs.failed])
def test_a_finished_job_is_told_once(desk: Desk, made: Callable[[], Job]) -> None:
    """However often a message comes, the owner is told once."""
    job = made()
    desk.jobs.insert(job)
    for _ in range(5):
        told = desk.tell(job)
    assert desk.post.sent == ["ada@example.com"]
    assert told.mail.sent_at == NOW
    assert told.mail.attempts == 1


@pytest.mark.parametrize(
    "made",
    [
        sample_jobs.receiving,
        sample_jobs.queued,
        sample_jobs.converting,
        sample_jobs.cancelled,
        sample_jobs.expired,
    ],
)
def test_nobody_is_told_of_other_jobs(desk: Desk, made: Callable[[], Job]) -> None:
    """A message about a job whose owner is not to be told changes nothing."""
    job = made()
    desk.jobs.insert(job)
    assert desk.tell(job) == job
    assert desk.post.sent == []


def test_an_unknown_job_is_refused(desk: Desk) -> None:
    """A message about a job that does not exist belongs into the dead letters."""
    with pytest.raises(UnknownJob):
        desk.notifier.handle(JobMessage.about(sample_jobs.ready()))


def test_a_mail_held_by_another_is_left_alone(desk: Desk) -> None:
    """While one notifier sends, another does not."""
    job = sample_jobs.ready()
    desk.jobs.insert(job)
    rival = Desk(desk.jobs)
    desk.post.meanwhile = lambda: rival.notifier.handle(JobMessage.about(job))
    desk.tell(job)
    assert (len(desk.post.sent), len(rival.post.sent)) == (1, 0)


def test_a_server_in_trouble_is_tried_again_later(desk: Desk) -> None:
    """The mail waits for its time, and goes out then."""
    job = sample_jobs.ready()
    desk.jobs.insert(job)
    desk.post.error = Retryable("mail_undelivered", "451 later")
    told = desk.tell(job)
    assert told.mail.not_before == told.due_at == NOW + POLICY.retry_delays[0]
    desk.post.error = None
    assert desk.tell(job) == told
    desk.now = told.due_at
    assert desk.tell(job).mail.sent_at == desk.now
    assert desk.post.sent == ["ada@example.com"]


def test_a_refused_mail_is_given_up_with_its_reason(desk: Desk) -> None:
    """What a server said for good stands in the job, and is not tried again."""
    job = sample_jobs.ready()
    desk.jobs.insert(job)
    desk.post.error = Permanent("mail_refused", "550 unknown")
    told = desk.tell(job)
    assert told.mail.failure is not None
    assert (told.mail.failure.code, told.mail.failure.detail) == ("mail_refused", "550 unknown")
    assert told.state is State.READY
    desk.post.error = None
    desk.tell(job)
    assert desk.post.sent == []


def test_the_last_attempt_gives_up(desk: Desk) -> None:
    """A server that is never ready is not tried for ever."""
    job = sample_jobs.ready()
    job = replace(job, mail=replace(job.mail, attempts=POLICY.max_mail_attempts - 1))
    desk.jobs.insert(job)
    desk.post.error = Retryable("mail_undelivered", "451 later")
    told = desk.tell(job)
    assert told.mail.failure is not None
    assert told.mail.failure.detail == "451 later"


def test_an_unexpected_error_is_tried_again(desk: Desk) -> None:
    """A fault of our own is not held against the mail."""
    job = sample_jobs.ready()
    desk.jobs.insert(job)
    desk.post.error = RuntimeError("a bug")
    told = desk.tell(job)
    assert not told.mail.settled
    assert told.mail.not_before == NOW + POLICY.retry_delays[0]


def test_a_late_notifier_cannot_let_go_of_anothers_claim(desk: Desk) -> None:
    """One whose claim ran out and was taken over changes nothing, also in the same process."""
    job = sample_jobs.ready()
    desk.jobs.insert(job)
    desk.post.error = Retryable("mail_undelivered", "timed out")
    claims: list[Job] = []

    def overtaken() -> None:
        desk.post.meanwhile = lambda: claims.append(stored())
        desk.now += POLICY.lease + timedelta(seconds=1)
        desk.notifier.handle(JobMessage.about(job))
        # The second one has let go in the meantime; put its claim back as if it still worked.
        desk.jobs.update(job.fid, lambda _: claims[0])

    def stored() -> Job:
        found = desk.jobs.get(job.fid)
        assert found is not None
        return found

    desk.post.meanwhile = overtaken
    assert desk.tell(job).mail == claims[0].mail


class AbsentStore(FakeJobStore):
    """Fails the next `away` changes after the first one, which is the claim."""

    def __init__(self) -> None:
        super().__init__()
        self.away = 0
        self.claimed = False

    def update(self, fid: str, move: Move, known: Job | None = None) -> Job | None:
        """See JobStore."""
        if self.claimed and self.away:
            self.away -= 1
            raise StoreUnavailable("away")
        self.claimed = True
        return super().update(fid, move, known)


def test_a_sent_mail_is_written_down_when_the_store_is_back() -> None:
    """A store that is away after the sending does not make a second copy."""
    store = AbsentStore()
    desk = Desk(store)
    job = sample_jobs.ready()
    store.insert(job)
    store.away = 2
    assert desk.tell(job).mail.sent_at == NOW
    assert desk.post.sent == ["ada@example.com"]


def test_a_notifier_that_has_to_end_gives_the_message_back() -> None:
    """It does not wait for a store for ever when it is told to stop."""
    store = AbsentStore()
    desk = Desk(store)
    desk.hurry.set()
    job = sample_jobs.ready()
    store.insert(job)
    store.away = 100
    with pytest.raises(StoreUnavailable):
        desk.tell(job)
