"""Reading what the site of a job's link said, with its picture, out of the store."""

import hashlib

import structlog

from chassis.errors import MediaMissing
from chassis.jobs import Job
from chassis.ports import MediaStore
from converter.site import MAX_PICTURE_BYTES, Site

log = structlog.get_logger(__name__)


def read_site(job: Job, videos: MediaStore) -> Site | None:
    """What the site said of the job's video; None of an upload, and where it said nothing.

    A picture that is not the one the metadata tells of is as good as none. Raises StoreUnavailable.
    """
    metadata = job.source.metadata
    if metadata is None:
        return None
    if metadata.picture_sha256 is None:
        return Site(metadata)
    picture = _read(videos, job.picture_fid) if job.picture_fid else None
    if picture is None or hashlib.sha256(picture).hexdigest() != metadata.picture_sha256:
        log.warning("the picture of the site is not there", picture_fid=job.picture_fid)
        picture = None
    return Site(metadata, picture)


def _read(videos: MediaStore, picture_fid: str) -> bytes | None:
    """The file, if it is there and not too large."""
    data = bytearray()
    try:
        with videos.open(picture_fid) as reader:
            if reader.size > MAX_PICTURE_BYTES:
                return None
            while piece := reader.read_at(len(data), reader.size):
                data += piece
    except MediaMissing:
        return None
    return bytes(data)
