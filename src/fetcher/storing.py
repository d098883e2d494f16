"""One video on its way into the store, and its picture after it."""

from dataclasses import dataclass, replace
from typing import Self

from chassis.errors import Permanent
from chassis.jobs import Job
from chassis.ports import MediaStore, MediaWriter, StoredMedia
from chassis.sources import Metadata, Source
from fetcher.ports import Brought, Sink


class ChecksumMismatch(Permanent):
    """What came is not what the sender of the link said that it is."""

    def __init__(self) -> None:
        super().__init__(
            "checksum_mismatch", "What this link leads to does not have the checksum you gave."
        )


def check_sum(job: Job, sha256: str) -> None:
    """Raise ChecksumMismatch unless `sha256` (hex) is what has to come by the job's link."""
    if job.link and job.link.sha256 and job.link.sha256.lower() != sha256:
        raise ChecksumMismatch


@dataclass(frozen=True, slots=True)
class Whole:
    """What is stored whole: what the job gets to know of it, and the files, the video's first."""

    source: Source
    files: tuple[StoredMedia, ...]


class Storing:
    """Writes under the ids that the job's claim named.

    As a context manager it deletes what was not finished.
    """

    def __init__(self, videos: MediaStore, job: Job) -> None:
        self._videos = videos
        self._job = job
        self._writer: MediaWriter | None = None

    def open(self, name: str, content_type: str) -> Sink:
        """Where the video's bytes go; for once."""
        assert self._job.video_fid is not None
        assert self._writer is None, "a sink is opened once"
        self._writer = self._videos.writer(
            self._job.video_fid, name=name, content_type=content_type
        )
        return self._writer

    def finish(self, came: Brought) -> Whole:
        """Store what is left of the video, and its picture.

        Raises ChecksumMismatch: the video is not what it has to be; and StoreUnavailable.
        """
        assert self._writer is not None, "nothing was written"
        video = self._writer.finish()
        check_sum(self._job, video.sha256)
        picture = self._stored_picture(came.picture) if came.picture else None
        metadata = came.metadata
        if metadata or picture:
            metadata = replace(
                metadata or Metadata(), picture_sha256=picture.sha256 if picture else None
            )
        source = Source(came.name, video.size, video.sha256, metadata=metadata)
        return Whole(source, (video, picture) if picture else (video,))

    def _stored_picture(self, picture: bytes) -> StoredMedia:
        assert self._job.picture_fid is not None
        kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        with self._videos.writer(
            self._job.picture_fid, name=f"{self._job.fid} picture", content_type=kind
        ) as writer:
            writer.write(picture)
            return writer.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._writer is not None:
            self._writer.__exit__(*exc_info)
