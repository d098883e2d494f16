"""The header Idempotency-Key makes a repeated upload the same job."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import moves
from chassis.errors import ServiceError
from chassis.jobs import Policy, State
from gateway import refusals
from tests import sample_jobs
from tests.multipart_forms import Part, field_part, file_part, form
from tests.sample_jobs import NOW
from tests.unit.gateway.upload_world import DATA, MAX_BYTES, Arriving, World


@pytest.fixture
def world() -> World:
    return World()


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
