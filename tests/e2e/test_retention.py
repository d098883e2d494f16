"""How long files are kept: sources with KEEP_SOURCES, MP3s with a short retention."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chassis.mongo import GridFsMediaStore, MongoJobStore, connect
from chassis.mongo.media import MP3S, VIDEOS
from devstack.stack import Stack
from tests.e2e.shell import Shell
from tests.waiting import wait_for


@contextmanager
def another_converter(stack: Stack, settings: Mapping[str, str]) -> Iterator[None]:
    """While it runs, the only converter is one with these settings."""
    stack.services["converter"].stop()
    try:
        with stack.replica("converter", 2, settings):
            yield
    finally:
        stack.services["converter"].start()


def test_a_kept_source_is_stored_whole(stack: Stack, shell: Shell) -> None:
    """With KEEP_SOURCES the video stays, byte for byte, until its owner deletes the job."""
    with another_converter(stack, {"KEEP_SOURCES": "true"}):
        fid = shell.upload("video.mkv")
        stack.mail_sink.mails.wait_for(text=fid)
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
        assert shell.curl(f"/jobs/{fid}", "-X DELETE")[0] == 204
        assert job.video_fid not in videos.media_ids(None, 1000)


def test_an_mp3_is_kept_as_long_as_the_setting_says(stack: Stack, shell: Shell) -> None:
    """With a retention of seconds an MP3 can be fetched, then is gone: 410, and no file."""
    with (
        connect(stack.mongodb.url, "tests") as client,
        another_converter(stack, {"MP3_RETENTION_HOURS": str(15 / 3600)}),
    ):
        mp3s = GridFsMediaStore(client, MP3S)
        fid = shell.upload("video.mkv")
        wait_for(lambda: shell.curl(f"/download?fid={fid}")[0] == 200, what="the MP3")
        job = MongoJobStore(client).get(fid)
        assert job is not None
        assert job.mp3_fid is not None
        mp3_fid = job.mp3_fid
        wait_for(lambda: shell.curl(f"/download?fid={fid}")[0] == 410, what="the 410")
        wait_for(lambda: mp3_fid not in mp3s.media_ids(None, 1000), what="the end of the file")
