"""The life of jobs under workers that stop, clocks that pass, and sweepers: rules, not examples."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from chassis import fetch_moves, following_moves, mail_moves, moves, sharing_moves
from chassis.fake_media import FakeMediaStore
from chassis.fake_media_cache import FakeMediaCache
from chassis.fakes import FakePublisher
from chassis.health import Heartbeat
from chassis.jobs import Failure, Job, Kind, Policy, State
from chassis.link_rules import LinkRules
from chassis.media_cache import CachedLink
from chassis.messages import LINK_QUEUE, VIDEO_QUEUE
from chassis.moves import Attempt
from chassis.options import ConversionOptions
from chassis.ports import JobStore, KeyTaken, Move, StoredMedia
from chassis.references import delete_unnamed, named_mp3s, named_videos
from chassis.result_key import key_of
from chassis.sharing import Sharing
from chassis.sources import Metadata, Source
from chassis.steps import Steps
from converter.single_flight import SingleFlight
from fetcher.keeping import Files, Keeping
from fetcher.ports import Stopped
from fetcher.single_flight import FetchFlight
from gateway.admission import Admission
from gateway.link_jobs import LinkJobs
from gateway.reception import Desk
from gateway.reconversion import Reconversion
from gateway.refusals import NotReceivedYet, Refusal
from gateway.reuse import Reuse
from sweeper.eviction import CacheLimits, Eviction
from sweeper.orphans import OrphanWalk
from sweeper.rounds import Rounds
from tests import sample_jobs
from tests.sample_jobs import FACTS, NOW, RESULT
from tests.unit.chassis.lifecycle import CheckedJobStore

POLICY = Policy(
    retry_delays=(timedelta(seconds=10), timedelta(seconds=60)),
    announce_delay_max=timedelta(minutes=5),
    max_mail_attempts=3,
)
WORKERS = st.sampled_from(["ada", "bob"])
# A moment, most of a lease, just over a lease or a retry delay, longer than an MP3 is kept.
SECONDS = (1, 20, 31, 31, 61, 61, 700_000)
PAUSES = st.sampled_from([timedelta(seconds=number) for number in SECONDS])
MOST_UNFINISHED = 2  # few jobs, so that many hands are at one
JOBS = st.integers(0, 2)  # the newest, the one before
CONTENTS = st.sampled_from(["a" * 64, "a" * 64, "b" * 64])  # few, so that many jobs share a result
# What each link leads to: two lead to the same, and one to what is uploaded too.
LINKS = {
    "https://a.example/": "c" * 64,
    "https://b.example/": "c" * 64,
    "https://c.example/": "a" * 64,
}
PICTURE = "d" * 64
FRESH = timedelta(seconds=40)
REASON = Failure("unlucky", "It did not work out.")
GATEWAY = "gateway"  # as in tests.sample_jobs

Fail = Callable[..., Job | None]


@dataclass(frozen=True)
class Work:
    """What a worker believes to be doing; it may be long out of date. It ends it once."""

    fid: str
    attempt: Attempt
    video_fid: str
    writing_fid: str


@dataclass(frozen=True)
class Fetch:
    """What a fetcher believes to be doing, as `Work`."""

    fid: str
    attempt: Attempt
    job: Job


@dataclass(frozen=True)
class Sending:
    """What a notifier believes to be sending."""

    fid: str
    holder: str


class Died(BaseException):
    """The process ended here."""


class DyingAfterInsert:
    """The jobs for a gateway that is killed right after it registered one."""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs

    def insert(self, job: Job) -> None:
        """See JobStore."""
        self._jobs.insert(job)
        raise Died

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jobs, name)


class JobLifecycle(RuleBasedStateMachine):
    """A store, files, sweepers, and any number of workers, each step in any order."""

    works = Bundle("works")
    fetches = Bundle("fetches")
    sendings = Bundle("sendings")

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.fids: list[str] = []
        self.cache = FakeMediaCache(lambda: self.now)
        self.jobs = CheckedJobStore(POLICY, NOW, self.cache)
        self.videos, self.mp3s = FakeMediaStore(), FakeMediaStore()
        self.publisher = FakePublisher()
        self.rounds = Rounds(
            jobs=self.jobs,
            videos=self.videos,
            mp3s=self.mp3s,
            publisher=self.publisher,
            policy=POLICY,
            stopping=Event(),
            alive=Heartbeat(3600),
            clock=lambda: self.now,
        )
        self.orphans = [
            OrphanWalk(name, self.jobs, media, between_walks=1)
            for name, media in (("videos", self.videos), ("mp3s", self.mp3s))
        ]
        self.flight = SingleFlight(
            self.jobs,
            Sharing(self.jobs, POLICY, lambda: self.now, keep_sources=False),
            POLICY,
            lambda: self.now,
            announce=lambda _queue, _job: None,
            delete_sources=lambda media_ids: self._delete_unnamed(self.videos, *media_ids),
        )
        self.steps = Steps(self.jobs, self.publisher, POLICY, lambda: self.now)
        self.keeping = Keeping(self.cache, self.steps, lambda: self.now)
        self.contents: dict[str, str] = {}
        # What a job is held by, as an onlooker keeps account of it.
        self.held: dict[str, tuple[Work | Fetch, datetime]] = {}
        self.following: dict[str, Work] = {}
        self.sending: dict[str, tuple[Sending, datetime]] = {}
        self.told: dict[str, int] = {}
        self.tried: dict[str, int] = {}
        for _ in range(MOST_UNFINISHED):
            self.submit(arrived=True, content="a" * 64)

    @precondition(lambda self: sum(job.unfinished for job in self._all()) < MOST_UNFINISHED)
    @rule(arrived=st.booleans(), content=CONTENTS)
    def submit(self, arrived: bool, content: str) -> None:
        job = sample_jobs.receiving(self.now, POLICY)
        self.contents[job.fid] = content
        self.jobs.insert(job)
        self.fids.append(job.fid)
        assert job.video_fid
        self.videos.files[job.video_fid] = b"the first bytes"
        if arrived:
            self._receive(job.fid, "stored")

    @precondition(
        lambda self: self._all() and sum(job.unfinished for job in self._all()) < MOST_UNFINISHED
    )
    @rule(index=JOBS, dies=st.booleans())
    def convert_again(self, index: int, dies: bool) -> None:
        """The source of a job is shared by a new one; or its gateway `dies` in the middle."""
        first = self.jobs.get(self._pick(index))
        assert first
        reuse = Reuse(
            Sharing(self.jobs, POLICY, lambda: self.now, keep_sources=False),
            self.jobs,
            self.videos,
            lambda task: task(),
        )
        jobs = DyingAfterInsert(self.jobs) if dies else self.jobs
        desk = Desk(
            jobs,
            self.videos,
            Admission(jobs, MOST_UNFINISHED),
            POLICY,
            "another gateway",
            lambda: self.now,
            reuse,
        )
        before = {job.fid for job in self._all()}
        with suppress(NotReceivedYet, Refusal, Died):
            Reconversion(desk, self.publisher, self._links_of(desk)).accept(
                first, ConversionOptions(quality=4), idempotency_key=None, traceparent=""
            )
        self._note_new(before, self.contents[first.fid])

    def _links_of(self, desk: Desk) -> LinkJobs:
        return LinkJobs(desk, self.publisher, self.cache, LinkRules(), FRESH)

    def _note_new(self, before: set[str], content: str) -> None:
        for job in self._all():
            if job.fid not in before:
                self.fids.append(job.fid)
                self.contents[job.fid] = content

    @precondition(lambda self: sum(job.unfinished for job in self._all()) < MOST_UNFINISHED)
    @rule(
        url=st.sampled_from(sorted(LINKS)), kind=st.sampled_from([Kind.MP3, Kind.MP3, Kind.MEDIA])
    )
    def submit_link(self, url: str, kind: Kind) -> None:
        job = sample_jobs.linked(self.now, POLICY, url=url, kind=kind)
        self.contents[job.fid] = LINKS[url]
        self.jobs.insert(job)
        self.fids.append(job.fid)

    @precondition(lambda self: any(job.needs_fetch for job in self._all()))
    @rule(target=fetches, index=JOBS, worker=WORKERS)
    def claim_fetch(self, index: int, worker: str) -> object:
        return self._claim_fetch(self._pick(index), worker) or multiple()

    def _claim_fetch(self, fid: str, worker: str) -> Fetch | None:
        video_fid, picture_fid = self.videos.new_id(), self.videos.new_id()
        holder = f"{worker}/{video_fid}"
        try:
            job = self.jobs.update(
                fid,
                lambda job: fetch_moves.fetch_claimed(
                    job, holder, video_fid, picture_fid, POLICY, self.now
                ),
            )
        except KeyTaken:
            assert [
                other for other in self._all() if other.fid != fid and other.state is State.FETCHING
            ], "a fetch key is held by a job that does not fetch"
            FetchFlight(self.jobs, self.steps, POLICY, lambda: self.now).wait(fid)
            return None
        if job is None:
            return None
        assert fid not in self.held or self.held[fid][1] <= self.now, "two attempts hold one job"
        assert self.jobs.referenced([video_fid, picture_fid]) == {video_fid, picture_fid}
        fetch = Fetch(fid, Attempt(holder, job.attempts), job)
        self.held[fid] = fetch, self.now + POLICY.lease
        self.tried[fid] = self.tried.get(fid, 0) + 1
        assert job.attempts == self.tried[fid], "the job has lost count of its attempts"
        return fetch

    @rule(fetch=fetches)
    def renew_fetch(self, fetch: Fetch) -> None:
        if self._move(
            fetch, lambda job: moves.renewed(job, fetch.attempt, POLICY, self.now, progress=0.5)
        ):
            self.held[fetch.fid] = fetch, self.now + POLICY.lease

    @rule(fetch=fetches)
    def begin_to_store(self, fetch: Fetch) -> None:
        """Whether the job still is the fetcher's: it knows no better."""
        assert fetch.job.video_fid
        self.videos.files[fetch.job.video_fid] = b"the first bytes"

    @rule(fetch=consumes(fetches), dies=st.sampled_from([False, False, True]))
    def fetch(self, fetch: Fetch, dies: bool) -> None:
        """The video is stored, kept in the cache, and the job goes on; or its fetcher `dies`."""
        content, job = self.contents[fetch.fid], fetch.job
        assert job.link
        assert job.video_fid
        assert job.picture_fid
        for media_id in (job.video_fid, job.picture_fid):
            self.videos.files[media_id] = b"a file"
        stored = [
            StoredMedia(job.video_fid, 1_000, content),
            StoredMedia(job.picture_fid, 10, PICTURE),
        ]
        try:
            files = self.keeping.kept(job, fetch.attempt, stored)
        except Stopped:
            assert self.held.get(fetch.fid, (None,))[0] != fetch, "the job was the fetcher's"
            self._delete_unnamed(self.videos, *named_videos(job))
            return
        self.held[fetch.fid] = fetch, self.now + POLICY.lease
        source = Source("Song", 1_000, content, metadata=Metadata(picture_sha256=PICTURE))
        self.cache.remember_link(
            CachedLink(
                fetch_key=job.link.fetch_key,
                url=job.link.url,
                sha256=content,
                size=1_000,
                name="Song",
                content_type="video/webm",
                checked_at=self.now,
                expires_at=self.now + timedelta(days=1),
                metadata=source.metadata,
            )
        )
        if not dies:
            self._go_on(fetch, source, files)

    @rule(fetch=consumes(fetches))
    def share_what_was_fetched(self, fetch: Fetch) -> None:
        """From the cache, if it has it; else the MP3 of it, if somebody has that."""
        assert fetch.job.link
        known = self.cache.link(fetch.job.link.fetch_key)
        if known is None:
            return
        source = Source(known.name, known.size, known.sha256, metadata=known.metadata)
        try:
            files = self.keeping.shared(fetch.job, fetch.attempt, known)
        except Stopped:
            return
        if files is None:
            self._identify(fetch, source)
        else:
            self._go_on(fetch, source, files)

    def _identify(self, fetch: Fetch, source: Source) -> None:
        after = self._move(
            fetch,
            lambda job: fetch_moves.identified(job, fetch.attempt, source, POLICY, self.now),
        )
        if after:
            del self.held[fetch.fid]
            self.tried[fetch.fid] -= 1  # it does not count
            Sharing(self.jobs, POLICY, lambda: self.now, keep_sources=False).answered(after)

    def _go_on(self, fetch: Fetch, source: Source, files: Files) -> None:
        def move(job: Job) -> Job | None:
            if job.kind is Kind.MEDIA:
                return fetch_moves.done_without_mp3(job, fetch.attempt, source, POLICY, self.now)
            return fetch_moves.fetched(
                job,
                fetch.attempt,
                source,
                POLICY,
                self.now,
                video_fid=files.video_fid,
                picture_fid=files.picture_fid,
            )

        after = self._move(fetch, move)
        self._delete_unnamed(self.videos, *named_videos(fetch.job))
        if after is None:
            return
        del self.held[fetch.fid]
        self.tried[fetch.fid] = 0
        if after.kind is Kind.MP3:
            assert (after.video_fid, after.picture_fid) == (files.video_fid, files.picture_fid)
        else:
            assert self.cache.content(self.contents[fetch.fid])

    @rule(
        fetch=consumes(fetches),
        move=st.sampled_from([moves.attempt_failed, moves.failed, moves.given_back]),
    )
    def end_fetch(self, fetch: Fetch, move: Fail) -> None:
        """Without a video."""
        reason = {} if move is moves.given_back else {"reason": REASON}
        after = self._move(
            fetch, lambda job: move(job, fetch.attempt, policy=POLICY, now=self.now, **reason)
        )
        self._delete_unnamed(self.videos, *named_videos(fetch.job))
        if after:
            del self.held[fetch.fid]
            self.tried[fetch.fid] -= move is moves.given_back  # it does not count

    @precondition(lambda self: any(job.needs_fetch for job in self._all()))
    @rule(index=JOBS)
    def refuse(self, index: int) -> None:
        """Another job was told that there is nothing."""
        self.jobs.update(
            self._pick(index), lambda job: fetch_moves.refused(job, REASON, POLICY, self.now)
        )

    @precondition(lambda self: self.cache.total_bytes())
    @rule(number=st.integers(1, 2))
    def evict(self, number: int) -> None:
        limits = CacheLimits(0, timedelta(days=30))
        Eviction(
            self.cache,
            self.jobs,
            self.videos,
            limits,
            between_rounds=1,
            batch=number,
            clock=lambda: self.now,
        ).step()

    @precondition(lambda self: self._all())
    @rule(index=JOBS, what=st.sampled_from(["renewed", "stored", "interrupted"]))
    def receive(self, index: int, what: str) -> None:
        self._receive(self._pick(index), what)

    def _receive(self, fid: str, what: str) -> None:
        def stored(job: Job) -> Job | None:
            return moves.stored(job, GATEWAY, 1_000, self.contents[job.fid], POLICY, self.now)

        def move(job: Job) -> Job | None:
            match what:
                case "renewed":
                    return moves.receiving_renewed(job, GATEWAY, POLICY, self.now)
                case "stored":
                    waiting = stored(job)
                    return following_moves.handed_over(job, waiting, self.now) if waiting else None
            return moves.interrupted(job, self.now, POLICY, GATEWAY)

        try:
            job = self.jobs.update(fid, move)
        except KeyTaken:  # another is being converted to the same
            job = self.jobs.update(fid, stored)
        if what == "stored" and job and job.state is State.CONVERTING:
            assert job.lease
            self.held[fid] = self.following[fid], job.lease.expires_at
            self.tried[fid] = 1

    @precondition(lambda self: self._all())
    @rule(target=works, index=JOBS, worker=WORKERS)
    def follow(self, index: int, worker: str) -> object:
        fid, writing_fid = self._pick(index), self.mp3s.new_id()
        attempt = Attempt(f"{worker}/{writing_fid}", 1)
        job = self.jobs.update(
            fid,
            lambda job: following_moves.followed(
                job, attempt.holder, writing_fid, POLICY, self.now
            ),
        )
        if job is None:
            return multiple()
        assert self.jobs.referenced([writing_fid]), "the file is not named before it is written"
        assert job.video_fid
        self.following[fid] = Work(fid, attempt, job.video_fid, writing_fid)
        return self.following[fid]

    @precondition(lambda self: self._all())
    @rule(index=JOBS, really=st.sampled_from([False, False, False, True]))
    def cancel(self, index: int, really: bool) -> None:
        fid = self._pick(index)
        if really and self.jobs.update(fid, lambda job: moves.cancelled(job, POLICY, self.now)):
            self.held.pop(fid, None)

    @precondition(lambda self: self._all())
    @rule(target=works, index=JOBS, worker=WORKERS)
    def claim(self, index: int, worker: str) -> object:
        return self._claim(self._pick(index), worker) or multiple()

    def _claim(self, fid: str, worker: str) -> Work | None:
        writing_fid = self.mp3s.new_id()
        try:
            job = self.jobs.update(
                fid, lambda job: moves.claimed(job, worker, writing_fid, POLICY, self.now)
            )
        except KeyTaken:
            self._follow(fid)
            return None
        if job is None:
            return None
        assert fid not in self.held or self.held[fid][1] <= self.now, "two attempts hold one job"
        assert job.video_fid in self.videos.files
        assert self.jobs.referenced([writing_fid]), "the file is not named before it is written"
        assert job.video_fid
        work = Work(fid, Attempt(worker, job.attempts), job.video_fid, writing_fid)
        self.held[fid] = work, self.now + POLICY.lease
        self.tried[fid] = self.tried.get(fid, 0) + 1
        assert job.attempts == self.tried[fid], "the job has lost count of its attempts"
        return work

    @rule(work=works)
    def renew(self, work: Work) -> None:
        if self._move(
            work,
            lambda job: following_moves.renewed(job, work.attempt, POLICY, self.now, progress=0.5),
        ):
            self.held[work.fid] = work, self.now + POLICY.lease

    @rule(work=consumes(works), keep_source=st.booleans())
    def complete(self, work: Work, keep_source: bool) -> None:
        self.mp3s.files[work.writing_fid] = b"an MP3"
        job = self._move(
            work,
            lambda job: moves.completed(
                job, work.attempt, RESULT, FACTS, POLICY, self.now, keep_source=keep_source
            ),
        )
        if job is None:  # a process that is killed here leaves the file to the sweeper
            return
        assert job.mp3_fid == work.writing_fid, "the result is not what the winner wrote"
        del self.held[work.fid]
        if job.video_fid is None:
            self._delete_unnamed(self.videos, work.video_fid)

    @rule(work=consumes(works), move=st.sampled_from([moves.attempt_failed, moves.failed]))
    def fail(self, work: Work, move: Fail) -> None:
        if self._move(
            work,
            lambda job: following_moves.let_go_or(
                job, move, work.attempt, POLICY, self.now, reason=REASON
            ),
        ):
            del self.held[work.fid]

    @rule(work=consumes(works))
    def give_back(self, work: Work) -> None:
        if self._move(
            work,
            lambda job: following_moves.let_go_or(
                job, moves.given_back, work.attempt, POLICY, self.now
            ),
        ):
            del self.held[work.fid]
            self.tried[work.fid] -= 1  # it does not count

    def _follow(self, fid: str) -> None:
        """Another job has the result, or is on the way to it."""
        job = self.jobs.get(fid)
        assert job
        leaders = [other for other in self._all() if other.produces == key_of(job)]
        assert len(leaders) == 1
        assert leaders[0].fid != fid
        self.jobs.update(
            fid, lambda job: sharing_moves.following(job, leaders[0], POLICY, self.now)
        )

    @precondition(lambda self: self._all())
    @rule(index=JOBS, keep_source=st.booleans())
    def share(self, index: int, keep_source: bool) -> None:
        job = self.jobs.get(self._pick(index))
        assert job
        sharing = Sharing(self.jobs, POLICY, lambda: self.now, keep_sources=keep_source)
        ready = sharing.answered(job)
        if ready and ready.video_fid != job.video_fid:
            self._delete_unnamed(self.videos, job.video_fid)

    @precondition(lambda self: self._all())
    @rule(index=JOBS)
    def remove(self, index: int) -> None:
        job = self.jobs.get(self._pick(index))
        if job and job.state is State.READY and self.jobs.remove(job):
            del self.jobs.ends[job.fid]  # its mail need not be settled
            self._delete_unnamed(self.videos, *named_videos(job))
            self._delete_unnamed(self.mp3s, *named_mp3s(job))

    @precondition(lambda self: self._all())
    @rule(target=sendings, index=JOBS, number=st.integers(0, 1))
    def claim_mail(self, index: int, number: int) -> object:
        return self._claim_mail(Sending(self._pick(index), f"notifier/{number}")) or multiple()

    def _claim_mail(self, sending: Sending) -> Sending | None:
        fid = sending.fid
        if not self.jobs.update(
            fid, lambda job: mail_moves.mail_claimed(job, sending.holder, POLICY, self.now)
        ):
            return None
        assert fid not in self.sending or self.sending[fid][1] <= self.now, "two send one mail"
        self.sending[fid] = sending, self.now + POLICY.lease
        return sending

    @rule(sending=sendings)
    def note_that_it_was_sent(self, sending: Sending) -> None:
        if self.jobs.update(sending.fid, lambda job: mail_moves.mail_sent(job, POLICY, self.now)):
            self.told[sending.fid] = self.told.get(sending.fid, 0) + 1
            self.sending.pop(sending.fid, None)

    @rule(sending=sendings, for_good=st.booleans())
    def fail_to_send(self, sending: Sending, for_good: bool) -> None:
        move = mail_moves.mail_given_up if for_good else mail_moves.mail_postponed
        current = self.sending.get(sending.fid)
        changed = self.jobs.update(
            sending.fid, lambda job: move(job, sending.holder, REASON, POLICY, self.now)
        )
        if changed:
            assert current, "a late notifier changed a mail"
            assert current[0].holder == sending.holder, "a late notifier changed a mail"
            del self.sending[sending.fid]

    @rule(pause=PAUSES)
    def wait(self, pause: timedelta) -> None:
        self.now += pause
        self.jobs.now = self.now

    @rule(broker_is_down=st.booleans())
    def sweep(self, broker_is_down: bool) -> None:
        self.publisher.down = broker_is_down
        self.rounds.run()
        for fid, (_, until) in list(self.held.items()):
            job = self.jobs.get(fid)
            if job is None or job.state is State.FAILED:
                assert until <= self.now, "the sweeper took a job from a worker that lives"
                del self.held[fid]

    @rule()
    def sweep_orphans(self) -> None:
        for walk in self.orphans:
            walk.step()

    @precondition(lambda self: self.jobs.due(self.now, 1))
    @rule()
    def sweep_twice(self) -> None:
        self.sweep(broker_is_down=False)
        self.sweep(broker_is_down=False)  # an MP3 that was kept for long: mail given up, expired
        assert not self.jobs.due(self.now, 1), "a round left a job as it was"

    @invariant()
    def no_file_is_missing(self) -> None:
        for job in self._all():
            if job.state is State.CONVERTING or (job.state is State.QUEUED and not job.needs_fetch):
                assert job.video_fid in self.videos.files
            if job.state is State.READY and job.kind is Kind.MP3:
                assert job.mp3_fid in self.mp3s.files
            if job.state is not State.FETCHING:
                assert named_videos(job) <= set(self.videos.files)
        for sha256 in (PICTURE, *LINKS.values()):
            content = self.cache.content(sha256)
            assert content is None or content.video_fid in self.videos.files

    @invariant()
    def each_job_was_completed_and_told_once(self) -> None:
        assert all(count == 1 for count in self.jobs.completions.values())
        assert all(count == 1 for count in self.told.values())

    def teardown(self) -> None:
        """Whatever happened: once workers are well, each job comes to its end; no file stays."""
        if not hasattr(self, "jobs"):
            return
        self.publisher.down = False
        for _ in range(200):
            waiting = self._all()
            if not waiting:
                break
            self.now = self.jobs.now = max(self.now, min(job.due_at for job in waiting))
            self.publisher.published.clear()
            self.rounds.run()
            for queue, message in self.publisher.published:
                self._work_off(queue, message.job_id)
        assert not self._all(), "jobs are left that nobody looks at"
        for job in self.jobs.ends.values():
            assert job.mail.settled or job.state is State.EXPIRED
        while self.cache.total_bytes():
            self.evict(100)
        self.sweep_orphans()
        assert not self.videos.files
        assert not self.mp3s.files

    def _work_off(self, queue: str, fid: str) -> None:
        if queue == LINK_QUEUE:
            if fetch := self._claim_fetch(fid, "well"):
                self.fetch(fetch, dies=False)
            return
        if queue != VIDEO_QUEUE:
            if sending := self._claim_mail(Sending(fid, "well")):
                self.note_that_it_was_sent(sending)
            return
        if work := self._claim(fid, "well"):
            self.complete(work, keep_source=False)
        else:
            self.flight.follow(fid)

    def _move(self, work: Work | Fetch, move: Move) -> Job | None:
        """Change the job in the name of `work`: only the attempt that holds it can.

        What a follower changes while the video arrives is of no account: None.
        """
        before = self.jobs.get(work.fid)
        after = self.jobs.update(work.fid, move)
        if before and following_moves.follows(before, work.attempt):
            assert before.state is State.RECEIVING
            assert after is None or after.state is State.RECEIVING
            return None
        current = self.held.get(work.fid)
        if after:
            assert current, "a late worker changed a job"
            assert current[0] == work, "a late worker changed a job"
        else:
            assert self.jobs.get(work.fid) == before
        return after

    def _delete_unnamed(self, media: FakeMediaStore, *media_ids: str | None) -> None:
        delete_unnamed(self.jobs, media, [media_id for media_id in media_ids if media_id])

    def _in_order(self) -> list[Job]:
        return [job for fid in reversed(self.fids) if (job := self.jobs.get(fid))]

    def _pick(self, index: int) -> str:
        # In the order of their making, not of their random ids: a run can then be repeated.
        stored = self._in_order()
        return stored[index % len(stored)].fid

    def _all(self) -> list[Job]:
        return self.jobs.newest(None, 1_000_000)


JobLifecycle.TestCase.settings = settings(max_examples=300, stateful_step_count=80, deadline=None)
TestJobLifecycle = JobLifecycle.TestCase
