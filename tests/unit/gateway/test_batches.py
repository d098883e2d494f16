"""Several links at once: a job for each, and the same ones however often it is asked."""

from dataclasses import replace

import pytest

from chassis.errors import ServiceError
from chassis.jobs import Job, State, is_fid
from chassis.messages import LINK_QUEUE
from chassis.options import ConversionOptions
from gateway.batches import AcceptedBatch, entry_fids
from gateway.link_jobs import Sender
from gateway.refusals import NothingAccepted
from gateway.tokens import User
from tests.unit.gateway.link_world import ADA, DEFAULTS, TRACE, World

A, B, C = (f"https://a.example.com/{name}.mp4" for name in "abc")
BAD = "http://127.0.0.1/x.mp4"


@pytest.fixture
def world() -> World:
    return World()


def accept(
    world: World,
    *urls: str,
    key: str | None = None,
    options: ConversionOptions = DEFAULTS,
    username: str = ADA,
) -> AcceptedBatch:
    return world.batches.accept(Sender(username, TRACE, key), urls, options)


def refusal(world: World, *urls: str, **named: object) -> str:
    with pytest.raises(ServiceError) as caught:
        accept(world, *urls, **named)  # type: ignore[arg-type]  # passed on
    return caught.value.code


def test_a_job_for_each_link(world: World) -> None:
    """In their order, under one id, each announced."""
    batch = accept(world, A, B)
    assert is_fid(batch.batch_id)
    assert [job.link and job.link.url for job in batch.jobs] == [A, B]
    assert [job.batch and job.batch.position for job in batch.jobs] == [0, 1]
    assert all(is_fid(job.fid) and job.fid != batch.batch_id for job in batch.jobs)
    assert world.queued_on(LINK_QUEUE) == [job.fid for job in batch.jobs]
    assert world.jobs.in_batch(batch.batch_id) == batch.jobs


def test_what_cannot_be_accepted_is_said(world: World) -> None:
    """The others are taken, in their places; where none can be, nothing is made."""
    world.missing(C)
    batch = accept(world, BAD, A, C)
    assert [job.batch and job.batch.position for job in batch.jobs] == [1]
    refused = [(link.url, link.error.code) for link in batch.refused]
    assert refused == [(BAD, "url_not_allowed"), (C, "video_does_not_exist")]
    with pytest.raises(NothingAccepted) as caught:
        accept(world, BAD)
    assert len(caught.value.refused) == 1


def test_all_count_before_any_is_made(world: World) -> None:
    """Four jobs may be unfinished: three and two are too many, three and one are not."""
    accept(world, A, B, C)
    assert refusal(world, A, B) == "too_many_jobs"
    assert len(world.jobs.newest(ADA, 10)) == 3
    accept(world, A)


def test_the_same_key_is_the_same_batch(world: World) -> None:
    """Also while the user may start no more."""
    first = accept(world, BAD, A, B, C, key="k")
    again = accept(world, BAD, A, B, C, key="k")
    assert (again.batch_id, again.jobs) == (first.batch_id, first.jobs)
    assert [link.url for link in again.refused] == [BAD]
    assert len(world.queued_on(LINK_QUEUE)) == 3


def test_a_repetition_makes_what_is_missing(world: World) -> None:
    """A gateway that died between two jobs of the batch leaves nothing to be asked for in vain."""
    first = accept(world, A, B, C, key="k")
    assert all(world.jobs.remove(job) for job in first.jobs[1:])
    again = accept(world, A, B, C, key="k")
    assert [job.fid for job in again.jobs] == [job.fid for job in first.jobs]
    assert len(world.jobs.in_batch(first.batch_id)) == 3


@pytest.mark.parametrize("urls", [(A,), (A, B, C), (B, A)])
def test_the_key_of_another_batch(world: World, urls: tuple[str, ...]) -> None:
    """Fewer links, more, or others are a mistake; so is a key of a single link's, or of a batch."""
    accept(world, A, B, key="k")
    assert refusal(world, *urls, key="k") == "idempotency_key_reused"
    voice = ConversionOptions.parse({"preset": "voice"})
    assert refusal(world, A, B, key="k", options=voice) == "idempotency_key_reused"
    assert world.refusal(A, key="k") == "idempotency_key_reused"
    world.submit(C, key="single")
    assert refusal(world, C, key="single") == "idempotency_key_reused"


def test_ids_come_from_the_batch(world: World) -> None:
    """The same batch has the same, another batch of the same links has others."""
    batch_id = "6f2f3c2e-6f0c-4a53-9d5c-0c7a31c1a111"
    fids = entry_fids(batch_id, [A, A], DEFAULTS)
    assert fids == entry_fids(batch_id, [A, A], DEFAULTS)
    assert len({*fids, *entry_fids(batch_id[:-1] + "2", [A, A], DEFAULTS)}) == 4


def test_only_its_owner_and_admins_see_it(world: World) -> None:
    """To others it is as if it were not there."""
    batch = accept(world, A, B)
    user = User(ADA)
    assert world.batches.view(batch.batch_id.upper(), user).jobs == batch.jobs
    assert world.batches.view(batch.batch_id, User("root@example.com", admin=True))
    for batch_id, who, code in (
        (batch.batch_id, User("bea@example.com"), "batch_not_found"),
        (batch.jobs[0].fid, user, "batch_not_found"),
        ("nonsense", user, "invalid_batch_id"),
    ):
        with pytest.raises(ServiceError) as caught:
            world.batches.view(batch_id, who)
        assert caught.value.code == code


def test_it_is_finished_when_all_of_it_is(world: World) -> None:
    """Removing it cancels what is unfinished, and deletes what is finished, job by job."""
    batch = accept(world, A, B)
    user = User(ADA)

    def failed(job: Job) -> Job:
        return replace(job, state=State.FAILED)

    world.jobs.update(batch.jobs[0].fid, failed)
    view = world.batches.view(batch.batch_id, user)
    assert (view.finished, view.counts()) == (False, {State.QUEUED: 1, State.FAILED: 1})
    world.batches.remove(view)
    view = world.batches.view(batch.batch_id, user)
    assert (view.finished, [job.state for job in view.jobs]) == (True, [State.CANCELLED])
    world.batches.remove(view)
    with pytest.raises(ServiceError):
        world.batches.view(batch.batch_id, user)
