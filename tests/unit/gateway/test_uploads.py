"""An upload leaves a stored source and a queued job behind, or nothing at all."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import moves
from chassis.errors import ServiceError, StoreUnavailable
from chassis.fakes import FakeJobStore, FakeMediaStore, FakePublisher
from chassis.following_moves import followed
from chassis.jobs import Job, Policy, State
from chassis.messages import JobMessage
from chassis.options import ConversionOptions
from chassis.ports import Move, StoredMedia
from chassis.sharing import Sharing
from gateway import refusals
from gateway.admission import Admission
from gateway.reception import Desk, Submission
from gateway.reuse import Reuse
from gateway.uploads import Uploads
from tests import sample_jobs
from tests.multipart_forms import CONTENT_TYPE, Part, field_part, file_part, form
from tests.sample_jobs import FACTS, NOW, POLICY, RESULT

DATA = bytes(range(256)) * 64
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HOLDER = "gateway@here"
MAX_BYTES = 100_000
MAX_JOBS = 3


class Arriving:
    """A body that comes in pieces; `at_half` happens when half of them have come."""

    def __init__(self, body: bytes, at_half: Callable[[], object] = lambda: None) -> None:
        self._pieces = [body[place : place + 1000] for place in range(0, len(body), 1000)]
        self._at_half = at_half
        self.taken = 0

    def pieces(
        self, while_waiting: Callable[[], None], wanted: Callable[[], int]
    ) -> Iterator[bytes]:
        """See gateway.uploads.Body."""
        for number, piece in enumerate(self._pieces):
            if number == len(self._pieces) // 2:
                self._at_half()
                while_waiting()
            assert wanted() > 0
            self.taken += 1
            yield piece


class World:
    """The use case over fakes, with a clock that a test can move."""

    def __init__(self, policy: Policy = Policy(lease=timedelta(0))) -> None:  # noqa: B008 - frozen
        self.jobs = FakeJobStore()
        self.videos = FakeMediaStore()
        self.publisher = FakePublisher()
        self.policy = policy
        self.now = NOW
        admission = Admission(self.jobs, MAX_JOBS)
        sharing = Sharing(self.jobs, policy, lambda: self.now, keep_sources=False)
        reuse = Reuse(sharing, self.jobs, self.videos, lambda task: task())
        desk = Desk(self.jobs, self.videos, admission, policy, HOLDER, lambda: self.now, reuse)
        self.uploads = Uploads(desk, self.publisher, MAX_BYTES)

    def submit(
        self,
        *parts: Part,
        key: str | None = None,
        username: str = "ada@example.com",
        at_half: Callable[[], object] = lambda: None,
    ) -> Job:
        """Upload a form with these parts."""
        return self.send(Arriving(form(*parts), at_half), key=key, username=username)

    def send(
        self,
        body: Arriving,
        *,
        key: str | None = None,
        username: str = "ada@example.com",
        length: int | None = None,
    ) -> Job:
        """Upload a body."""
        submission = Submission(username, CONTENT_TYPE, length, key, TRACE)
        return self.uploads.accept(submission, body)

    def refusal(self, *parts: Part, **named: object) -> str:
        """The code with which an upload is refused."""
        with pytest.raises(ServiceError) as caught:
            self.submit(*parts, **named)  # type: ignore[arg-type]  # passed on
        return caught.value.code

    def all_jobs(self) -> list[Job]:
        """Every job there is."""
        return self.jobs.newest(None, 100)

    def the_job(self) -> Job:
        """The one job there is."""
        (job,) = self.all_jobs()
        return job

    def nothing_is_left(self) -> bool:
        """Whether there is neither a job nor a file nor a message."""
        return not self.all_jobs() and not self.videos.files and not self.publisher.published


@pytest.fixture
def world() -> World:
    return World()


def test_an_upload_becomes_a_queued_job(world: World) -> None:
    """The source is stored whole, the job is queued and announced."""
    job = world.submit(field_part("bitrate", "128k"), file_part(DATA))
    assert job == world.jobs.get(job.fid)
    assert job.state is State.QUEUED
    assert job.username == "ada@example.com"
    assert job.source.name == "video.mkv"
    assert job.source.size == len(DATA)
    assert job.source.sha256 == hashlib.sha256(DATA).hexdigest()
    assert job.options == ConversionOptions(bitrate=128, quality=None)
    assert job.traceparent == TRACE
    assert job.lease is None
    assert world.videos.files == {job.video_fid: DATA}
    assert world.publisher.published == [("video", JobMessage.about(job))]


def test_the_same_upload_again_is_ready(world: World) -> None:
    """Once an MP3 of it is there; `mp3` hears of it, for the mail, and the source is not kept."""
    first = world.submit(file_part(DATA))
    world.jobs.update(first.fid, lambda job: moves.claimed(job, "c", "0" * 24, POLICY, NOW))
    world.jobs.update(
        first.fid,
        lambda job: moves.completed(
            *(job, moves.Attempt("c", 1), RESULT, FACTS, POLICY, NOW), keep_source=True
        ),
    )
    world.publisher.published.clear()
    again = world.submit(file_part(DATA))
    assert (again.state, again.mp3_fid) == (State.READY, "0" * 24)
    assert again.fid != first.fid
    assert list(world.videos.files) == [first.video_fid]
    assert world.publisher.published == [("mp3", JobMessage.about(again))]
    otherwise = world.submit(file_part(DATA), field_part("quality", "V7"))
    assert otherwise.state is State.QUEUED


def test_options_after_the_file_count_too(world: World) -> None:
    """The job has the options of the whole form before it is queued."""
    job = world.submit(file_part(DATA), field_part("quality", "V7"))
    assert job.options == ConversionOptions(quality=7)
    assert world.publisher.published == [("video", JobMessage.about(job))]


def test_the_job_is_there_before_the_first_byte(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stored chunk always belongs to a job that names it."""
    order: list[str] = []
    insert, writer = world.jobs.insert, world.videos.writer

    def inserting(job: Job) -> None:
        assert job.state is State.RECEIVING
        assert job.lease is not None
        assert job.lease.holder == HOLDER
        assert job.due_at == job.lease.expires_at
        assert job.video_fid
        order.append(job.video_fid)
        insert(job)

    def writing(media_id: str, *, name: str, content_type: str) -> object:
        assert order == [media_id]
        order.append("writer")
        return writer(media_id, name=name, content_type=content_type)

    monkeypatch.setattr(world.jobs, "insert", inserting)
    monkeypatch.setattr(world.videos, "writer", writing)
    world.submit(file_part(DATA))
    assert order[1:] == ["writer"]


def test_a_broker_that_is_down_is_no_error(world: World) -> None:
    """The job is durable: the sweeper announces it."""
    world.publisher.down = True
    assert world.submit(file_part(DATA)).state is State.QUEUED


def test_the_lease_is_renewed_as_bytes_arrive() -> None:
    """With each third of the lease the job's is renewed, also while nothing comes."""
    world = World(Policy(lease=timedelta(seconds=0.003)))
    leases = []

    def later() -> None:
        job = world.the_job()
        assert job.lease is not None
        leases.append(job.lease.expires_at)
        world.now += timedelta(seconds=10)

    job = world.submit(file_part(DATA), at_half=later)
    assert job.state is State.QUEUED
    assert job.updated_at == NOW + timedelta(seconds=10)
    assert leases == [NOW + timedelta(seconds=0.003)]


def test_a_client_that_goes_away_leaves_a_failed_job(world: World) -> None:
    """The owner sees that the upload broke off; its chunks are gone."""

    def goes_away() -> None:
        raise refusals.body_incomplete()

    assert world.refusal(file_part(DATA), at_half=goes_away) == "body_incomplete"
    job = world.the_job()
    assert job.state is State.FAILED
    assert job.failure == moves.INTERRUPTED
    assert not world.videos.files
    assert not world.publisher.published


def test_a_bug_leaves_a_failed_job(world: World) -> None:
    """Also what nobody expected ends the job at once, and not with its lease."""

    def breaks() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.submit(file_part(DATA), at_half=breaks)
    assert world.the_job().state is State.FAILED


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([file_part(DATA), file_part(DATA)], "one_file"),
        ([file_part(DATA), field_part("bitrate", "1k")], "invalid_option"),
        ([file_part(DATA), field_part("colour", "red")], "invalid_option"),
        (
            [file_part(DATA), field_part("quality", "1"), field_part("quality", "1")],
            "invalid_option",
        ),
        ([file_part(b"x" * (MAX_BYTES + 1))], "too_large"),
        (
            [field_part("bitrate", "320k"), field_part("quality", "0"), file_part(DATA)],
            "invalid_option",
        ),
        ([field_part("quality", "0")], "file_required"),
        ([field_part("file", "a curl user who forgot the @")], "file_required"),
        ([file_part(b"")], "empty"),
    ],
)
def test_a_refused_upload_leaves_nothing(world: World, parts: list[Part], code: str) -> None:
    """The client knows at once what is wrong, and no job and no file is left."""
    assert world.refusal(*parts) == code
    assert world.nothing_is_left()


def test_a_bad_option_before_the_file_is_refused_before_the_file(world: World) -> None:
    """Nobody waits for a large file to be told about a small mistake."""
    body = Arriving(form(field_part("bitrate", "1k"), file_part(DATA * 5)))
    with pytest.raises(ServiceError):
        world.send(body)
    assert body.taken == 1


def test_an_announced_size_is_refused_before_the_body(world: World) -> None:
    """What Content-Length says is too large is not read at all."""
    body = Arriving(form(file_part(DATA)))
    with pytest.raises(ServiceError) as caught:
        world.send(body, length=MAX_BYTES + 100_000)
    assert caught.value.code == "too_large"
    assert body.taken == 0


def test_an_upload_that_its_owner_cancels_stops(world: World) -> None:
    """The client is told, the job stays cancelled, the chunks are gone."""

    def cancel() -> None:
        assert world.jobs.update(
            world.the_job().fid, lambda job: moves.cancelled(job, world.policy, world.now)
        )

    assert world.refusal(file_part(DATA), at_half=cancel) == "cancelled"
    assert world.the_job().state is State.CANCELLED
    assert not world.videos.files


def test_an_upload_whose_job_was_deleted_stops(world: World) -> None:
    """Cancelled and removed: that is cancelled, too."""
    delete = lambda: world.jobs.remove(world.the_job())  # noqa: E731 - a step of one test
    assert world.refusal(file_part(DATA), at_half=delete) == "cancelled"
    assert world.nothing_is_left()


def test_an_upload_that_was_taken_over_is_our_fault(world: World) -> None:
    """A gateway that slept past its lease asks the client to send again."""

    def give_up() -> None:
        assert world.jobs.update(
            world.the_job().fid, lambda job: moves.interrupted(job, world.now, world.policy)
        )

    assert world.refusal(file_part(DATA), at_half=give_up) == "upload_interrupted"
    assert world.the_job().state is State.FAILED
    assert not world.videos.files


def test_cancelled_in_the_last_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled after the last byte and before the job is queued: the stored file goes."""
    writer = world.videos.writer

    def writing(media_id: str, *, name: str, content_type: str) -> object:
        opened = writer(media_id, name=name, content_type=content_type)
        finish = opened.finish

        def finishing() -> StoredMedia:
            media = finish()
            world.jobs.update(
                world.the_job().fid, lambda job: moves.cancelled(job, world.policy, world.now)
            )
            return media

        monkeypatch.setattr(opened, "finish", finishing)
        return opened

    monkeypatch.setattr(world.videos, "writer", writing)
    assert world.refusal(file_part(b"x")) == "cancelled"
    assert not world.videos.files


def test_a_store_that_goes_away_is_not_the_clients_fault(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing more can be done while the store is away: the job's lease ends it."""

    def away(_fid: str, _move: Move) -> Job | None:
        raise StoreUnavailable("The store cannot be reached.")

    assert (
        world.refusal(
            file_part(DATA), at_half=lambda: monkeypatch.setattr(world.jobs, "update", away)
        )
        == "store_unavailable"
    )
    assert world.the_job().state is State.RECEIVING
    assert not world.publisher.published


def test_an_answer_that_got_lost_loses_no_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job was queued but we were not told: its file stays, the sweeper announces it."""
    update = world.jobs.update

    def update_without_answer(fid: str, move: Move) -> Job | None:
        moved = update(fid, move)
        if moved is not None and moved.state is State.QUEUED:
            raise StoreUnavailable("The store cannot be reached.")
        return moved

    monkeypatch.setattr(world.jobs, "update", update_without_answer)
    assert world.refusal(file_part(DATA)) == "store_unavailable"
    job = world.the_job()
    assert job.state is State.QUEUED
    assert world.videos.files == {job.video_fid: DATA}


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_job_that_others_have_moved_on_keeps_its_file(
    world: World, monkeypatch: pytest.MonkeyPatch, *, cancelled: bool
) -> None:
    """The answer got lost and a converter was quick: the upload is accepted, unless cancelled."""
    update = world.jobs.update

    def claim(job: Job) -> Job | None:
        if cancelled:
            return moves.cancelled(job, world.policy, world.now)
        return moves.claimed(job, "converter", sample_jobs.a_media_id(), world.policy, world.now)

    def update_and_move_on(fid: str, move: Move) -> Job | None:
        moved = update(fid, move)
        if moved is None or moved.state is not State.QUEUED:
            return moved
        assert update(fid, claim)
        return None

    monkeypatch.setattr(world.jobs, "update", update_and_move_on)
    if cancelled:
        assert world.refusal(file_part(DATA)) == "cancelled"
        assert not world.videos.files
    else:
        job = world.submit(file_part(DATA))
        assert job.state is State.CONVERTING
        assert world.videos.files == {job.video_fid: DATA}


def test_a_file_whose_job_could_not_be_queued_goes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file was stored, the job was not queued: both end here."""
    update, failing = world.jobs.update, [True]

    def update_failing_once(fid: str, move: Move) -> Job | None:
        job = world.jobs.get(fid)
        moved = move(job) if job else None
        if moved is not None and moved.state is State.QUEUED and failing:
            failing.clear()
            raise StoreUnavailable("The store cannot be reached.")
        return update(fid, move)

    monkeypatch.setattr(world.jobs, "update", update_failing_once)
    assert world.refusal(file_part(DATA)) == "store_unavailable"
    assert world.the_job().state is State.FAILED
    assert not world.videos.files


def test_a_user_may_have_so_many_unfinished_jobs(world: World) -> None:
    """The next upload waits; another user's does not."""
    for _ in range(MAX_JOBS):
        world.submit(file_part(DATA))
    assert world.refusal(file_part(DATA)) == "too_many_jobs"
    assert world.submit(file_part(DATA), username="bob@example.com").state is State.QUEUED
    assert len(world.all_jobs()) == MAX_JOBS + 1


def test_a_burst_does_not_slip_past_the_limit(world: World) -> None:
    """Uploads that began together are counted when their jobs are made."""

    def meanwhile() -> None:
        for _ in range(MAX_JOBS):
            world.jobs.insert(sample_jobs.queued())

    class Late(Arriving):
        def pieces(
            self, while_waiting: Callable[[], None], wanted: Callable[[], int]
        ) -> Iterator[bytes]:
            meanwhile()
            return super().pieces(while_waiting, wanted)

    with pytest.raises(ServiceError) as caught:
        world.send(Late(form(file_part(DATA))))
    assert caught.value.code == "too_many_jobs"
    assert len(world.all_jobs()) == MAX_JOBS
    assert not world.videos.files


class TestIdempotencyKey:
    """The same upload sent again leads to the same job."""

    def test_the_same_again_is_the_same_job(self, world: World) -> None:
        """Same key, same file, same options: the job of the first time, stored once."""
        parts = [file_part(DATA), field_part("quality", "V1")]
        first = world.submit(*parts, key="k")
        again = world.submit(*parts, key="k")
        assert again == first
        assert world.videos.files == {first.video_fid: DATA}
        assert len(world.publisher.published) == 1

    def test_the_same_again_after_it_was_converted(self, world: World) -> None:
        """The answer shows the job as it is by now."""
        first = world.submit(file_part(DATA), key="k")
        world.jobs.update(first.fid, lambda job: replace(job, state=State.READY, video_fid=None))
        assert world.submit(file_part(DATA), key="k").state is State.READY

    @pytest.mark.parametrize(
        "parts",
        [[file_part(DATA + b"x")], [file_part(DATA), field_part("quality", "V9")]],
    )
    def test_something_else_is_refused(self, world: World, parts: list[Part]) -> None:
        """A key does not come with another file or other options."""
        first = world.submit(file_part(DATA), key="k")
        assert world.refusal(*parts, key="k") == "idempotency_key_reused"
        assert world.the_job() == first

    @pytest.mark.parametrize(
        ("parts", "code"),
        [
            ([file_part(b"x" * (MAX_BYTES + 1))], "too_large"),
            ([file_part(b"")], "empty"),
            ([file_part(DATA), file_part(DATA)], "one_file"),
            ([file_part(DATA), field_part("quality", "99")], "invalid_option"),
        ],
    )
    def test_what_is_wrong_is_wrong_again(self, world: World, parts: list[Part], code: str) -> None:
        """A form is checked also when its file is not stored."""
        world.submit(file_part(DATA), key="k")
        assert world.refusal(*parts, key="k") == code

    def test_while_the_first_is_under_way(self, world: World) -> None:
        """The second of two at once is told to wait, and the first goes on."""
        codes = []
        world = World(Policy())
        first = world.submit(
            file_part(DATA),
            key="k",
            at_half=lambda: codes.append(world.refusal(file_part(DATA), key="k")),
        )
        assert codes == ["idempotency_key_in_use"]
        assert world.the_job() == first

    def test_two_that_begin_at_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both found the key free: one of them gets it."""
        world = World(Policy())
        world.submit(file_part(DATA), key="k")
        monkeypatch.setattr(world.jobs, "find_by_key", lambda _username, _key: None)
        assert world.refusal(file_part(DATA), key="k") == "idempotency_key_in_use"
        assert len(world.videos.files) == 1

    def test_after_an_interrupted_upload(self, world: World) -> None:
        """A key whose upload broke off may be used again; the failed job stays."""

        def goes_away() -> None:
            raise refusals.body_incomplete()

        world.refusal(file_part(DATA), key="k", at_half=goes_away)
        job = world.submit(file_part(DATA), key="k")
        assert job.state is State.QUEUED
        assert job.idempotency_key == "k"
        failed = next(other for other in world.all_jobs() if other.fid != job.fid)
        assert failed.failure == moves.INTERRUPTED
        assert failed.idempotency_key is None

    def test_after_a_gateway_died(self, world: World) -> None:
        """A stale lease frees the key without waiting for the sweeper."""
        stale = replace(sample_jobs.receiving(NOW - timedelta(hours=1)), idempotency_key="k")
        world.jobs.insert(stale)
        assert world.submit(file_part(DATA), key="k").state is State.QUEUED
        left = world.jobs.get(stale.fid)
        assert left is not None
        assert left.failure == moves.INTERRUPTED

    def test_after_a_refused_upload(self, world: World) -> None:
        """A refused upload uses no key up."""
        world.refusal(file_part(DATA), field_part("quality", "99"), key="k")
        assert world.submit(file_part(DATA), key="k").state is State.QUEUED

    def test_each_user_has_their_own_keys(self, world: World) -> None:
        """Another user's key is another key."""
        first = world.submit(file_part(DATA), key="k")
        second = world.submit(file_part(DATA), key="k", username="bob@example.com")
        assert first.fid != second.fid

    @pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\tb"])
    def test_a_key_is_visible_ascii(self, world: World, key: str) -> None:
        """Anything else is refused before the body is read."""
        body = Arriving(form(file_part(DATA)))
        with pytest.raises(ServiceError) as caught:
            world.send(body, key=key)
        assert caught.value.code == "invalid_idempotency_key"
        assert body.taken == 0


def follow_the_upload(world: World) -> None:
    """A converter follows the upload that is under way."""
    (job,) = (job for job in world.all_jobs() if job.state is State.RECEIVING)
    assert world.jobs.update(
        job.fid, lambda job: followed(job, "follower", "f" * 24, world.policy, world.now)
    )


def test_an_upload_that_was_followed_is_its_followers() -> None:
    """It is converting with its last byte, and nobody else is told to convert it."""
    world = World(Policy())
    job = world.submit(file_part(DATA), at_half=lambda: follow_the_upload(world))
    assert job.state is State.CONVERTING
    assert moves.Attempt("follower", 1).holds(job)
    assert job.produces == job.result_key
    assert not world.publisher.published


def test_other_options_than_a_follower_knew_are_kept() -> None:
    """The job waits for a converter with the options that came after the file."""
    world = World(Policy())
    part = field_part("quality", "V7")
    job = world.submit(file_part(DATA), part, at_half=lambda: follow_the_upload(world))
    assert (job.state, job.options) == (State.QUEUED, ConversionOptions(quality=7))
    assert job.writing_fid is None
    assert world.publisher.published == [("video", JobMessage.about(job))]


def test_a_follower_stops_where_the_same_is_being_converted() -> None:
    """Only one job is converted to a result: the one that began later waits for it."""
    world = World(Policy())
    first = world.submit(file_part(DATA))
    assert world.jobs.update(
        first.fid, lambda job: moves.claimed(job, "converter", "e" * 24, world.policy, world.now)
    )
    job = world.submit(file_part(DATA), at_half=lambda: follow_the_upload(world))
    assert (job.state, job.follower, job.writing_fid) == (State.QUEUED, None, None)
