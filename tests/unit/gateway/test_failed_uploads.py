"""An upload that goes wrong leaves a failed job behind, or nothing: never a file without a job."""

from collections.abc import Callable, Iterator

import pytest

from chassis import moves
from chassis.errors import ServiceError, StoreUnavailable
from chassis.jobs import Job, State
from chassis.ports import Move, StoredMedia
from gateway import refusals
from tests import sample_jobs
from tests.multipart_forms import Part, field_part, file_part, form
from tests.unit.gateway.upload_world import DATA, MAX_BYTES, MAX_JOBS, Arriving, World


@pytest.fixture
def world() -> World:
    return World()


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
