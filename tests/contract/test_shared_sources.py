"""A source that is converted again while others let it go: shared or refused, in every order."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import combinations_with_replacement
from typing import cast

import pytest

from chassis import moves
from chassis.fake_media import FakeMediaStore
from chassis.fake_media_cache import FakeMediaCache
from chassis.fakes import FakePublisher
from chassis.jobs import Job, State
from chassis.link_rules import LinkRules
from chassis.options import ConversionOptions
from chassis.ports import JobStore
from chassis.references import named_videos
from chassis.sharing import Sharing
from gateway.admission import Admission
from gateway.link_jobs import LinkJobs
from gateway.reception import Desk
from gateway.reconversion import Reconversion
from gateway.refusals import Refusal
from gateway.reuse import Reuse
from tests import sample_jobs
from tests.interleaving import Interleaved
from tests.sample_jobs import FACTS, NOW, POLICY, RESULT

OTHER = ConversionOptions(quality=7)
STEPS = 3


def deleted(jobs: JobStore, job: Job) -> None:
    assert jobs.remove(job)


def converted(jobs: JobStore, job: Job) -> None:
    attempt = moves.Attempt("converter", 1)
    assert jobs.update(
        job.fid,
        lambda job: moves.completed(job, attempt, RESULT, FACTS, POLICY, NOW, keep_source=False),
    )


def letting_go(
    jobs: JobStore, videos: FakeMediaStore, job: Job, let_go: Callable[[JobStore, Job], None]
) -> Iterator[None]:
    """What everybody does who deletes a source, as three steps."""
    let_go(jobs, job)
    yield
    left = named_videos(job) - jobs.referenced(named_videos(job))
    yield
    for media_id in left:
        videos.delete(media_id)
    yield


@pytest.mark.parametrize(
    ("first", "let_go"),
    [(lambda: sample_jobs.ready(keep_source=True), deleted), (sample_jobs.converting, converted)],
    ids=["its job is deleted", "its job is converted, and keeps no source"],
)
def test_sharing_and_letting_go_in_every_order(
    job_store: JobStore, first: Callable[[], Job], let_go: Callable[[JobStore, Job], None]
) -> None:
    """The new job has its source, or there is neither a job nor a file; both happens."""
    outcomes = set()
    for places in combinations_with_replacement(range(9), STEPS):
        earlier = first()
        job_store.insert(earlier)
        videos = FakeMediaStore()
        assert earlier.video_fid
        videos.files[earlier.video_fid] = b"a video"
        jobs = Interleaved(job_store, letting_go(job_store, videos, earlier, let_go), places)
        outcome = converted_again(cast(JobStore, jobs), videos, earlier)
        jobs.advance(places[-1])
        outcomes.add(outcome is not None)
        if outcome is None:
            assert not videos.files, places
        else:
            assert list(videos.files) == [outcome.video_fid], places
            assert outcome.state is State.QUEUED
        unfinished = job_store.count_unfinished(earlier.username)
        assert unfinished == (0 if outcome is None else 1), places
        for job in job_store.newest(None, 10):
            assert job_store.remove(job)
    assert outcomes == {True, False}


def converted_again(jobs: JobStore, videos: FakeMediaStore, first: Job) -> Job | None:
    """The job that the gateway makes, or None where it says that the source is gone."""
    sharing = Sharing(jobs, POLICY, lambda: NOW, keep_sources=False)
    reuse = Reuse(sharing, jobs, videos, lambda task: task())
    desk = Desk(jobs, videos, Admission(jobs, 10), POLICY, "gateway", lambda: NOW, reuse)
    links = LinkJobs(desk, FakePublisher(), FakeMediaCache(), LinkRules(), timedelta(hours=1))
    try:
        return Reconversion(desk, FakePublisher(), links).accept(
            first, OTHER, idempotency_key=None, traceparent=""
        )
    except Refusal:
        return None
