"""The promises of chassis.ports.JobStore."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import fetch_moves, mail_moves, moves
from chassis.jobs import Batch, Job, Kind, Policy, Result, State, new_fid, now_utc
from chassis.ports import JobExists, JobStore, KeyTaken
from chassis.sources import Chapter, Link, Loudness, MediaFacts, Metadata, Source
from tests import sample_jobs

POLICY = Policy()
NOW = now_utc()


def a_job(**changes: object) -> Job:
    job = Job(
        fid=new_fid(),
        username="ada@example.com",
        state=State.QUEUED,
        created_at=NOW,
        updated_at=NOW,
        due_at=NOW,
        source=Source(name="Müller – 映画.mkv", size=7, sha256="00" * 32),
    )
    return replace(job, **changes)  # type: ignore[arg-type]  # of any field


def test_a_job_comes_back_as_it_was_stored(job_store: JobStore) -> None:
    """Nothing of a job is lost or changed by storing it, at any stage of its life."""
    job = a_job(video_fid="a" * 24, traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01")
    job_store.insert(job)
    assert job_store.get(job.fid) == job
    claimed = job_store.update(job.fid, lambda j: moves.claimed(j, "w", "b" * 24, POLICY, NOW))
    assert claimed == job_store.get(job.fid)
    loudness = Loudness(integrated=-23.1, true_peak=None, clipped=3)
    facts = MediaFacts("matroska", "aac", 2, 44100, 1.5, "Заголовок", 96_000, loudness)
    done = job_store.update(
        job.fid,
        lambda j: moves.completed(
            j,
            moves.Attempt("w", 1),
            Result(
                size=10,
                sha256="11" * 32,
                duration=1.5,
                bitrate=190_000,
                mode="VBR V2",
                loudness=loudness,
                notes=("One.", "Two."),
            ),
            facts,
            POLICY,
            NOW,
            keep_source=False,
        ),
    )
    assert done is not None
    assert (done.state, done.mp3_fid, done.video_fid) == (State.READY, "b" * 24, None)
    mailed = job_store.update(job.fid, lambda j: mail_moves.mail_claimed(j, "n", POLICY, NOW))
    assert mailed is not None
    assert mailed.mail.lease is not None
    assert job_store.get(job.fid) == mailed


def test_an_unknown_job_is_none(job_store: JobStore) -> None:
    """Getting, changing and removing what is not there are not errors."""
    job = a_job()
    assert job_store.get(job.fid) is None
    assert job_store.update(job.fid, lambda j: j) is None
    assert not job_store.remove(job)


def test_a_key_is_used_once_by_one_owner(job_store: JobStore) -> None:
    """A second job with an owner's idempotency key is refused; another owner may use the key."""
    first = a_job(idempotency_key="k")
    job_store.insert(first)
    with pytest.raises(JobExists):
        job_store.insert(a_job(idempotency_key="k"))
    job_store.insert(a_job(idempotency_key="k", username="bob@example.com"))
    job_store.insert(a_job())
    job_store.insert(a_job())
    assert job_store.find_by_key("ada@example.com", "k") == first
    assert job_store.find_by_key("ada@example.com", "other") is None


def test_of_many_claims_one_wins(job_store: JobStore) -> None:
    """Workers that claim one job at the same time: exactly one gets it."""
    job = a_job()
    job_store.insert(job)

    def claim(number: int) -> Job | None:
        holder = f"worker-{number}"
        return job_store.update(
            job.fid, lambda j: moves.claimed(j, holder, f"{number:024x}", POLICY, NOW)
        )

    with ThreadPoolExecutor(16) as pool:
        winners = [won for won in pool.map(claim, range(16)) if won]
    assert len(winners) == 1
    assert job_store.get(job.fid) == winners[0]


def test_a_result_is_produced_by_one_job(job_store: JobStore) -> None:
    """Claims of jobs with one result key: one holds it until it is over, the others are refused."""
    jobs = [a_job(), a_job()]
    for job in jobs:
        job_store.insert(job)

    def claim(job: Job) -> Job | None:
        return job_store.update(
            job.fid, lambda j: moves.claimed(j, "w", "b" * 24, POLICY, NOW + POLICY.lease)
        )

    first = claim(jobs[0])
    assert first is not None
    assert first.produces is not None
    for _ in range(2):
        with pytest.raises(KeyTaken):
            claim(jobs[1])
    assert job_store.get(jobs[1].fid) == jobs[1]
    attempt = moves.Attempt("w", 1)
    assert job_store.update(jobs[0].fid, lambda j: moves.given_back(j, attempt, POLICY, NOW))
    second = claim(jobs[1])
    assert second is not None
    assert second.produces == first.produces
    with pytest.raises(KeyTaken):
        claim(jobs[0])


def test_jobs_with_a_result_key_are_found_oldest_first(job_store: JobStore) -> None:
    """Those in one state, so many."""
    jobs = [a_job(result_key="k", created_at=NOW - timedelta(seconds=n)) for n in range(3)]
    others = [a_job(result_key="other"), a_job(result_key="k", state=State.FAILED), a_job()]
    for job in jobs + others:
        job_store.insert(job)
    assert job_store.with_result_key("k", State.QUEUED, 2) == [jobs[2], jobs[1]]
    assert job_store.with_result_key("k", State.FAILED, 9) == [others[1]]
    assert job_store.with_result_key("unknown", State.QUEUED, 9) == []


def test_a_link_is_fetched_by_one_job(job_store: JobStore) -> None:
    """Claims of jobs with one fetch key: one holds it until it is over, the others are refused."""
    jobs = [sample_jobs.linked(NOW) for _ in range(2)]
    other = sample_jobs.linked(NOW, url="https://videos.example.com/another")
    for job in (*jobs, other):
        job_store.insert(job)

    def claim(job: Job) -> Job | None:
        return job_store.update(
            job.fid,
            lambda j: fetch_moves.fetch_claimed(j, "w", "a" * 24, "b" * 24, POLICY, NOW),
        )

    first = claim(jobs[0])
    assert first is not None
    assert claim(other) is not None
    for _ in range(2):
        with pytest.raises(KeyTaken):
            claim(jobs[1])
    assert job_store.get(jobs[1].fid) == jobs[1]
    attempt = moves.Attempt("w", 1)
    assert job_store.update(jobs[0].fid, lambda j: moves.given_back(j, attempt, POLICY, NOW))
    assert claim(jobs[1]) is not None
    with pytest.raises(KeyTaken):
        claim(jobs[0])


def test_jobs_of_a_link_are_found_oldest_first(job_store: JobStore) -> None:
    """Those in one state, so many; however their pictures are wanted."""
    links = [Link("https://example.com/a?x", "a", pixels=bool(n)) for n in range(3)]
    ages = [NOW - timedelta(seconds=n) for n in range(3)]
    jobs = [a_job(link=link, created_at=age) for link, age in zip(links, ages, strict=True)]
    fetching = a_job(link=links[0], state=State.FETCHING)
    for job in (*jobs, fetching, a_job(link=Link("b", "b")), a_job()):
        job_store.insert(job)
    assert job_store.with_link_key("a", State.QUEUED, 2) == [jobs[2], jobs[1]]
    assert job_store.with_link_key("a", State.FETCHING, 9) == [fetching]
    assert job_store.with_link_key("unknown", State.QUEUED, 9) == []


def test_a_batch_is_found_in_its_order(job_store: JobStore) -> None:
    """Whatever its jobs have become; no other batch's are among them."""
    jobs = [a_job(batch=Batch("batch", place)) for place in (2, 0, 11)]
    jobs.append(a_job(batch=Batch("batch", 1), state=State.FAILED))
    for job in (*jobs, a_job(batch=Batch("another", 0)), a_job()):
        job_store.insert(job)
    assert job_store.in_batch("batch") == [jobs[1], jobs[3], jobs[0], jobs[2]]
    assert job_store.in_batch("unknown") == []


def test_a_job_of_a_link_comes_back_as_it_was_stored(job_store: JobStore) -> None:
    """With its batch, what its site says, and whatever its fetch has named."""
    metadata = Metadata(
        title="映画", chapters=(Chapter(0.0, "One"), Chapter(61.5, "Two")), picture_sha256="cd" * 32
    )
    job = replace(
        sample_jobs.fetching(NOW, kind=Kind.PLAYLIST, sha256="ab" * 32),
        batch=Batch("batch", 3),
        source=Source("映画", 7, "ab" * 32, metadata=metadata),
        adopting=("a" * 24,),
    )
    job_store.insert(job)
    assert job_store.get(job.fid) == job


def test_no_change_is_lost_between_writers(job_store: JobStore) -> None:
    """Changes made at the same time all arrive, each on top of another."""
    job = a_job(announcements=0)
    job_store.insert(job)

    def add_one(_: int) -> None:
        assert job_store.update(job.fid, lambda j: replace(j, announcements=j.announcements + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_one, range(20)))
    found = job_store.get(job.fid)
    assert found is not None
    assert found.announcements == 20


def test_a_job_that_was_seen_before_is_changed_as_it_is_now(job_store: JobStore) -> None:
    """What has changed since then is not lost, and decides whether the change is possible."""
    seen = a_job(announcements=0)
    job_store.insert(seen)

    def add_one(job: Job) -> Job:
        return replace(job, announcements=job.announcements + 1)

    def add_to_two(job: Job) -> Job | None:
        return add_one(job) if job.announcements == 2 else None

    first = job_store.update(seen.fid, add_one, seen)
    second = job_store.update(seen.fid, add_one, seen)
    third = job_store.update(seen.fid, add_to_two, seen)
    assert job_store.update(seen.fid, add_to_two, second) is None
    assert third is not None
    assert [job and job.announcements for job in (first, second, third)] == [1, 2, 3]
    assert job_store.get(seen.fid) == third
    assert job_store.remove(third)
    assert job_store.update(seen.fid, add_one, third) is None


def test_a_changed_job_is_not_removed(job_store: JobStore) -> None:
    """Removal is compare-and-set too."""
    job = a_job()
    job_store.insert(job)
    changed = job_store.update(job.fid, lambda j: replace(j, progress=0.5))
    assert changed is not None
    assert not job_store.remove(job)
    assert job_store.remove(changed)
    assert job_store.get(job.fid) is None


def test_pages_are_newest_first_without_gaps(job_store: JobStore) -> None:
    """Paging through the jobs of one owner shows each once, also those of the same millisecond."""
    mine = [a_job(created_at=NOW + timedelta(milliseconds=n // 3)) for n in range(10)]
    for job in [*mine, a_job(username="bob@example.com")]:
        job_store.insert(job)
    shown: list[Job] = []
    while True:
        before = (shown[-1].created_at, shown[-1].fid) if shown else None
        page = job_store.newest("ada@example.com", 4, before)
        if not page:
            break
        shown += page
    assert shown == sorted(mine, key=lambda job: (job.created_at, job.fid), reverse=True)
    assert len(job_store.newest(None, 100)) == 11


def test_what_is_due_comes_oldest_first(job_store: JobStore) -> None:
    """The work list of the sweeper: what waits longest first, nothing before its time."""
    jobs = [a_job(due_at=NOW + timedelta(seconds=n)) for n in (3, 1, 2, 60)]
    for job in jobs:
        job_store.insert(job)
    due = job_store.due(NOW + timedelta(seconds=10), 10)
    assert due == [jobs[1], jobs[2], jobs[0]]
    assert job_store.due(NOW + timedelta(seconds=10), 1) == [jobs[1]]


def test_due_pages_show_each_job_once(job_store: JobStore) -> None:
    """Paging through the work list leaves none out, also where many are due at one time."""
    jobs = [a_job(due_at=NOW + timedelta(milliseconds=n // 3)) for n in range(10)]
    for job in jobs:
        job_store.insert(job)
    shown: list[Job] = []
    while True:
        after = (shown[-1].due_at, shown[-1].fid) if shown else None
        page = job_store.due(NOW + timedelta(milliseconds=2), 4, after)
        if not page:
            break
        shown += page
    assert shown == sorted(jobs[:9], key=lambda job: (job.due_at, job.fid))


def test_references_are_found_in_each_role(job_store: JobStore) -> None:
    """A stored file counts as named as source or its picture, as MP3, as one being written or
    adopted.
    """
    names = [digit * 24 for digit in "1234567"]
    job_store.insert(a_job(video_fid=names[0], writing_fid=names[1]))
    job_store.insert(a_job(mp3_fid=names[2], picture_fid=names[5]))
    job_store.insert(a_job(adopting=(names[3], names[4])))
    assert job_store.referenced(names) == set(names[:6])
    assert job_store.referenced(names[5:]) == {names[5]}
    assert job_store.referenced([]) == set()


def test_counts(job_store: JobStore) -> None:
    """Unfinished jobs of an owner, and jobs by state."""
    job_store.insert(a_job())
    job_store.insert(a_job(state=State.RECEIVING))
    job_store.insert(a_job(state=State.READY))
    job_store.insert(a_job(username="bob@example.com"))
    assert job_store.count_unfinished("ada@example.com") == 2
    counts = job_store.counts()
    assert counts[State.QUEUED] == 2
    assert counts[State.FAILED] == 0


def test_jobs_that_wait_are_counted_by_whom_they_wait_for(job_store: JobStore) -> None:
    """With its source whole a job waits for a converter; else its link has yet to be fetched."""
    job_store.insert(a_job(queued_at=NOW))
    job_store.insert(a_job())
    job_store.insert(a_job())
    job_store.insert(a_job(state=State.FETCHING))
    job_store.insert(a_job(state=State.CONVERTING, queued_at=NOW))
    assert job_store.count_waiting(whole=True) == 1
    assert job_store.count_waiting(whole=False) == 2


def test_ages(job_store: JobStore) -> None:
    """The oldest job of a state, the one that waits longest, and the one that is due longest.

    A job waits from the last byte of its source on, however long the upload took.
    """
    assert job_store.oldest(State.QUEUED) is None
    assert job_store.oldest_waiting() is None
    assert job_store.longest_due() is None
    ages = [NOW - timedelta(hours=hours) for hours in range(8)]
    job_store.insert(a_job(created_at=ages[6], queued_at=ages[1], due_at=ages[2]))
    job_store.insert(a_job(created_at=ages[4], queued_at=ages[3], due_at=ages[1]))
    job_store.insert(a_job(state=State.CONVERTING, created_at=ages[5], queued_at=ages[5]))
    job_store.insert(a_job(created_at=ages[5]))  # a link has no source yet
    assert job_store.oldest(State.QUEUED) == ages[6]
    assert job_store.oldest(State.CONVERTING) == ages[5]
    assert job_store.oldest_waiting() == ages[3]
    assert job_store.longest_due() == ages[2]
