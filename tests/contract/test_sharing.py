"""Jobs that share files: none loses its own to another's deletion, in whatever order things happen.

Each runs against the fake and against MongoDB.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from chassis import sharing_moves
from chassis.fake_media import FakeMediaStore
from chassis.fakes import FakeJobStore
from chassis.jobs import Job, State
from chassis.ports import JobStore
from chassis.references import delete_unnamed, named_mp3s
from chassis.result_key import key_of
from chassis.sharing import Sharing
from tests import sample_jobs
from tests.sample_jobs import NOW, POLICY
from tests.sites import by_link

HASH = "ab" * 32
ADOPTER, OWNER, SHARER = "adopter", "owner", "sharer"


def sharing(jobs: JobStore, *, keep_sources: bool = False) -> Sharing:
    return Sharing(jobs, POLICY, lambda: NOW, keep_sources=keep_sources)


def inserted(jobs: JobStore, job: Job) -> Job:
    jobs.insert(job)
    return job


def shared(jobs: JobStore, job: Job) -> Job:
    """`job`, which another is ready for, as one that shares its MP3."""
    ready = sharing(jobs).answered(inserted(jobs, job))
    assert ready is not None
    return ready


@dataclass
class Race:
    """An adopter of the owner's MP3, and the owner's and a sharer's deleters, step by step."""

    jobs: JobStore
    mp3s: FakeMediaStore = field(default_factory=FakeMediaStore)

    def __post_init__(self) -> None:
        self.owner = inserted(self.jobs, sample_jobs.ready(sha256=HASH))
        assert self.owner.mp3_fid
        self.mp3s.files[self.owner.mp3_fid] = b"MP3"
        self.adopter = inserted(self.jobs, sample_jobs.queued(sha256=HASH))

    def adopt(self) -> Iterator[None]:
        """What Sharing does, as three steps."""
        named = self.jobs.update(
            self.adopter.fid,
            lambda job: sharing_moves.adopting(job, self.owner, POLICY, NOW),
        )
        yield
        owner = self.jobs.get(self.owner.fid)
        yield
        if named and owner:
            self.jobs.update(
                self.adopter.fid,
                lambda job: sharing_moves.adopted(
                    job, named, owner, POLICY, NOW, keep_source=False
                ),
            )
        yield

    def delete(self, job: Job) -> Iterator[None]:
        """What a DELETE does, as three steps."""
        assert self.jobs.remove(job)
        yield
        left = named_mp3s(job) - self.jobs.referenced(named_mp3s(job))
        yield
        for media_id in left:
            self.mp3s.delete(media_id)
        yield

    def is_sound(self) -> bool:
        """Whether whoever is ready has its MP3, and whoever is not has what it needs for one."""
        adopter = self.jobs.get(self.adopter.fid)
        assert adopter is not None
        if adopter.state is State.READY:
            return adopter.mp3_fid in self.mp3s.files
        return adopter.state is State.QUEUED and adopter.video_fid == self.adopter.video_fid


def orders(*names: str) -> list[tuple[str, ...]]:
    """Every order of three steps of each."""
    return sorted(set(itertools.permutations([name for name in names for _ in range(3)])))


def play(order: tuple[str, ...], actors: dict[str, Iterator[None]]) -> None:
    for name in order:
        next(actors[name])


def test_adopting_and_deleting_in_every_order(job_store: JobStore) -> None:
    """An MP3 is adopted or deleted, never both, and never neither for want of a conversion."""
    outcomes = set()
    for order in orders(ADOPTER, OWNER):
        race = Race(job_store)
        play(order, {ADOPTER: race.adopt(), OWNER: race.delete(race.owner)})
        assert race.is_sound(), order
        adopter = job_store.get(race.adopter.fid)
        assert adopter is not None
        outcomes.add(adopter.state)
        assert job_store.remove(adopter)
    assert outcomes == {State.READY, State.QUEUED}


def test_adopting_while_two_delete_in_every_order() -> None:
    """The same where another job shares the MP3 already, and goes too; on the fake alone."""
    for order in orders(ADOPTER, OWNER, SHARER):
        race = Race(FakeJobStore())
        sharer = shared(race.jobs, sample_jobs.queued(sha256=HASH))
        play(
            order,
            {
                ADOPTER: race.adopt(),
                OWNER: race.delete(race.owner),
                SHARER: race.delete(sharer),
            },
        )
        assert race.is_sound(), order


def test_a_shared_file_goes_with_the_last_that_names_it(job_store: JobStore) -> None:
    """Whoever goes first: the others keep it."""
    for order in itertools.permutations(range(3)):
        owner = inserted(job_store, sample_jobs.ready(sha256=HASH))
        others = [shared(job_store, sample_jobs.queued(sha256=HASH)) for _ in range(2)]
        jobs, mp3s = [owner, *others], FakeMediaStore()
        assert owner.mp3_fid
        mp3s.files[owner.mp3_fid] = b"MP3"
        for number, index in enumerate(order):
            assert owner.mp3_fid in mp3s.files, (number, order)
            assert job_store.remove(jobs[index])
            delete_unnamed(job_store, mp3s, named_mp3s(jobs[index]))
        assert not mp3s.files


def test_a_job_that_shares_has_all_that_one_has_that_was_converted(job_store: JobStore) -> None:
    """Result, facts, progress; its own time and attempts; nothing is left of adopting."""
    owner = inserted(job_store, sample_jobs.ready(sha256=HASH))
    ready = shared(job_store, sample_jobs.queued(sha256=HASH))
    assert ready == job_store.get(ready.fid)
    assert (ready.state, ready.progress, ready.attempts) == (State.READY, 1.0, 0)
    assert (ready.mp3_fid, ready.result) == (owner.mp3_fid, owner.result)
    assert ready.source.media == owner.source.media
    assert ready.expires_at == NOW + POLICY.mp3_retention
    assert ready.video_fid is None
    assert (ready.adopting, ready.produces) == ((), None)
    assert not ready.mail.settled


@pytest.mark.parametrize("owner_keeps", [True, False])
def test_a_kept_source_is_kept_once(job_store: JobStore, owner_keeps: bool) -> None:
    """Where sources are kept, the owner's is shared; where it has none, the job keeps its own."""
    owner = inserted(job_store, sample_jobs.ready(sha256=HASH, keep_source=owner_keeps))
    job = inserted(job_store, sample_jobs.queued(sha256=HASH))
    ready = sharing(job_store, keep_sources=True).answered(job)
    assert ready is not None
    assert ready.video_fid == (owner.video_fid if owner_keeps else job.video_fid)
    assert job_store.referenced([ready.video_fid or ""]) == {ready.video_fid}


@pytest.mark.parametrize("owner_keeps", [True, False])
def test_a_kept_source_has_its_picture(job_store: JobStore, owner_keeps: bool) -> None:
    """That of the site: the owner's with the owner's source, else the job's with its own."""
    first = sample_jobs.ready(sha256=HASH, keep_source=owner_keeps)
    owner = by_link(first, picture=b"PNG")
    owner = replace(owner, picture_fid=owner.picture_fid if owner_keeps else None)
    owner = inserted(job_store, replace(owner, result_key=key_of(owner)))
    job = inserted(job_store, by_link(sample_jobs.queued(sha256=HASH), picture=b"PNG"))
    ready = sharing(job_store, keep_sources=True).answered(job)
    assert ready is not None
    keeper = owner if owner_keeps else job
    assert (ready.video_fid, ready.picture_fid) == (keeper.video_fid, keeper.picture_fid)
    assert ready.picture_fid
    assert job_store.referenced([ready.picture_fid]) == {ready.picture_fid}


def test_the_picture_is_named_before_the_owner_is_looked_at(job_store: JobStore) -> None:
    """A deleter that asks from then on finds all three files named."""
    owner = by_link(sample_jobs.ready(sha256=HASH, keep_source=True), picture=b"PNG")
    owner = inserted(job_store, replace(owner, result_key=key_of(owner)))
    job = inserted(job_store, by_link(sample_jobs.queued(sha256=HASH), picture=b"PNG"))
    named = job_store.update(job.fid, lambda job: sharing_moves.adopting(job, owner, POLICY, NOW))
    assert named is not None
    assert named.adopting == (owner.mp3_fid, owner.video_fid, owner.picture_fid)


@pytest.mark.parametrize(
    "other",
    [
        lambda: sample_jobs.ready(sha256=HASH, username="bob@example.com"),
        lambda: sample_jobs.ready(sha256="cd" * 32),
        lambda: sample_jobs.converting(sha256=HASH),
        lambda: sample_jobs.expired(sha256=HASH),
    ],
    ids=["another user's", "another content's", "not ready", "expired"],
)
def test_nothing_else_is_shared(job_store: JobStore, other: Callable[[], Job]) -> None:
    """Another's MP3, another content's, one that is not there: none of them answers a job."""
    job_store.insert(other())
    job = inserted(job_store, sample_jobs.queued(sha256=HASH))
    assert sharing(job_store).answered(job) is None
    assert job_store.get(job.fid) == job


def test_a_job_that_moved_on_is_not_adopted(job_store: JobStore) -> None:
    """What it named when somebody looked at the owner may have been let go and named again."""
    owner = inserted(job_store, sample_jobs.ready(sha256=HASH))
    job = inserted(job_store, sample_jobs.queued(sha256=HASH))

    def name_it() -> Job:
        named = job_store.update(
            job.fid, lambda job: sharing_moves.adopting(job, owner, POLICY, NOW)
        )
        assert named is not None
        return named

    first, again = name_it(), name_it()
    for named, possible in ((first, False), (again, True)):
        adopted = job_store.update(
            job.fid,
            lambda job, named=named: sharing_moves.adopted(  # type: ignore[misc]  # a default binds it
                job, named, owner, POLICY, NOW, keep_source=False
            ),
        )
        assert (adopted is not None) is possible


def test_of_two_adopters_of_one_job_one_wins(job_store: JobStore) -> None:
    """The gateway and the leader's worker may answer a job at once: it is told once."""
    inserted(job_store, sample_jobs.ready(sha256=HASH))
    job = inserted(job_store, sample_jobs.queued(sha256=HASH))
    assert sharing(job_store).answered(job) is not None
    assert sharing(job_store).answered(job) is None
