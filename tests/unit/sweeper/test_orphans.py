"""The walk after files that no job names, on stores in memory."""

from collections.abc import Collection

import pytest

from chassis.errors import StoreUnavailable
from chassis.fake_media import FakeMediaStore
from chassis.fakes import FakeJobStore
from sweeper.orphans import BETWEEN_BATCHES, OrphanWalk
from tests import sample_jobs

REST = 99.0


def walk_through(walk: OrphanWalk) -> int:
    """Walk to the end; the number of batches."""
    batches = 1
    while walk.step() == BETWEEN_BATCHES:
        batches += 1
    return batches


def test_orphans_go_and_named_files_stay() -> None:
    """In batches, from the first id to the last."""
    jobs, media = FakeJobStore(), FakeMediaStore()
    kept = set()
    for number in range(25):
        media_id = media.new_id()
        media.files[media_id] = b"x"
        if number % 3 == 0:
            kept.add(media_id)
            jobs.insert(sample_jobs.queued(video_fid=media_id))
    walk = OrphanWalk("videos", jobs, media, between_walks=REST, batch=4)
    assert walk_through(walk) == 7
    assert set(media.files) == kept


def test_the_next_walk_begins_anew() -> None:
    """What becomes an orphan behind the walk is found by the next one."""
    jobs, media = FakeJobStore(), FakeMediaStore()
    walk = OrphanWalk("videos", jobs, media, between_walks=REST, batch=4)
    assert walk.step() == REST
    media.files["0" * 24] = b"x"
    assert walk.step() == REST
    assert media.files == {}


def test_a_file_under_way_is_not_swept() -> None:
    """Named before it is stored: however the walk falls between the two, it stays."""
    jobs, media = FakeJobStore(), FakeMediaStore()
    upload = sample_jobs.receiving()
    assert upload.video_fid
    jobs.insert(upload)
    media.files[upload.video_fid] = b"the first chunk"
    conversion = sample_jobs.converting()
    assert conversion.writing_fid
    jobs.insert(conversion)
    media.files[conversion.writing_fid] = b"the first frames"
    OrphanWalk("videos", jobs, media, between_walks=REST).step()
    assert set(media.files) == {upload.video_fid, conversion.writing_fid}


def test_the_store_is_listed_before_the_jobs_are_asked() -> None:
    """A file that is named and stored between the two questions is not in danger."""
    media = FakeMediaStore()

    class LateJobs(FakeJobStore):
        def referenced(self, media_ids: Collection[str]) -> set[str]:
            """See JobStore; just before it answers, an upload begins."""
            upload = sample_jobs.receiving()
            assert upload.video_fid
            self.insert(upload)
            media.files[upload.video_fid] = b"the first chunk"
            return super().referenced(media_ids)

    media.files[media.new_id()] = b"an orphan"
    jobs = LateJobs()
    OrphanWalk("videos", jobs, media, between_walks=REST).step()
    assert len(media.files) == 1


def test_a_walk_goes_on_where_the_store_went_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch that could not be looked at is looked at again, not skipped."""
    jobs, media = FakeJobStore(), FakeMediaStore()
    for _ in range(8):
        media.files[media.new_id()] = b"x"
    walk = OrphanWalk("videos", jobs, media, between_walks=REST, batch=4)
    walk.step()

    def away(_media_id: str) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(media, "delete", away)
    with pytest.raises(StoreUnavailable):
        walk.step()
    monkeypatch.undo()
    walk_through(walk)
    assert media.files == {}
