"""What must hold of every change of a job, whoever makes it: a store that checks each one."""

from datetime import datetime, timedelta

from chassis.fake_media_cache import FakeMediaCache
from chassis.fakes import FakeJobStore
from chassis.jobs import MOVES, Job, Kind, Policy, State
from chassis.mail_moves import mail_is_due
from chassis.ports import Move


class CheckedJobStore(FakeJobStore):
    """Jobs in memory; each change is held against the rules of the life of a job."""

    def __init__(self, policy: Policy, now: datetime, cache: FakeMediaCache | None = None) -> None:
        super().__init__(cache)
        self.now = now
        self._policy = policy
        self.completions: dict[str, int] = {}
        self.ends: dict[str, Job] = {}

    def insert(self, job: Job) -> None:
        """Store a new job, which has to be looked at some time."""
        super().insert(job)
        self._check_due(job)

    def update(self, fid: str, move: Move, known: Job | None = None) -> Job | None:
        """Change a job as the port promises, and check what it became."""
        before = self.get(fid)
        after = super().update(fid, move, known)
        if before and after:
            self._check(before, after)
        return after

    def remove(self, job: Job) -> bool:
        """Delete a job; the last that was seen of it stays in `ends`."""
        removed = super().remove(job)
        if removed:
            self.ends[job.fid] = job
        return removed

    def _check(self, before: Job, after: Job) -> None:
        assert after.state is before.state or after.state in MOVES[before.state]
        assert before.unfinished or not after.unfinished, "a finished job was taken up again"
        assert 0 <= after.attempts <= self._policy.max_attempts
        assert 0 <= after.mail.attempts <= self._policy.max_mail_attempts
        assert after.revision != before.revision
        if before.mail.settled:
            assert after.mail == before.mail, "a settled mail was touched"
        if after.state is State.READY and before.state is not State.READY:
            self.completions[after.fid] = self.completions.get(after.fid, 0) + 1
        self._check_names(after)
        if not (after.state is before.state is State.RECEIVING and after.due_at == before.due_at):
            self._check_due(after)  # a follower leaves it to the gateway and the sweeper

    def _check_names(self, job: Job) -> None:
        """A job names the files of its state, and no others."""
        at_work = job.state in (State.CONVERTING, State.FETCHING)
        followed = job.state is State.RECEIVING and job.follower is not None
        assert (job.writing_fid is not None) == (job.state is State.CONVERTING or followed)
        assert (job.follower is not None) == followed
        has_mp3 = job.state is State.READY and job.kind is Kind.MP3
        assert (job.mp3_fid is not None) == has_mp3
        assert (job.lease is not None) == (at_work or job.state is State.RECEIVING)
        assert job.produces is None or job.state in (State.CONVERTING, State.READY)
        assert not job.adopting or job.state in (State.QUEUED, State.FETCHING)
        assert (job.fetches is not None) == (job.state is State.FETCHING)
        assert job.picture_fid is None or job.video_fid is not None
        if job.unfinished and not (job.state is State.QUEUED and job.link):
            assert job.video_fid is not None

    def _check_due(self, job: Job) -> None:
        """The sweeper looks again, neither before it can do anything nor later than promised."""
        policy, due_in = self._policy, job.due_at - self.now
        wait = max(policy.lease, policy.announce_delay_max, *policy.retry_delays)
        if job.state is State.READY and job.mail.settled:
            assert job.due_at == job.expires_at
        elif job.unfinished or mail_is_due(job):
            assert timedelta(0) < due_in <= wait
        else:
            assert timedelta(0) < due_in <= policy.job_retention
        if job.state is State.QUEUED and job.not_before is not None:
            assert job.due_at >= job.not_before
        for lease in (job.lease, job.mail.lease):
            assert lease is None or job.due_at >= min(lease.expires_at, self.now)
