"""KEEP_SOURCES: a converter that leaves the videos where they are."""

from chassis.mongo import GridFsMediaStore, MongoJobStore, connect
from chassis.mongo.media import VIDEOS
from devstack.stack import Stack
from tests.e2e.shell import Shell
from tests.waiting import wait_for


def test_a_kept_source_is_stored_whole(stack: Stack, shell: Shell) -> None:
    """With KEEP_SOURCES the video stays, byte for byte, and the search for orphans passes it by."""
    stack.services["converter"].stop()
    with stack.replica("converter", 2, {"KEEP_SOURCES": "true"}):
        fid = shell.upload("video.mkv")
        stack.mail_sink.mails.wait_for(text=fid)
    stack.services["converter"].start()
    with connect(stack.mongodb.url, "tests") as client:
        videos = GridFsMediaStore(client, VIDEOS)
        # A file that no job names: once it is gone, the search has come past the one before it.
        orphan = videos.new_id()
        with videos.writer(orphan, name="orphan", content_type="video/mp4") as writer:
            writer.write(b"nobody's")
            writer.finish()
        wait_for(lambda: orphan not in videos.media_ids(None, 1000), what="the end of the orphan")
        job = MongoJobStore(client).get(fid)
        assert job is not None
        assert job.video_fid is not None
        with videos.open(job.video_fid) as source:
            stored = b"".join(source.stream(0, source.size))
    assert stored == (shell.folder / "video.mkv").read_bytes()
