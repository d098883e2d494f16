"""The messages on the queues: hints to look at a job, never the truth about it."""

import json
from dataclasses import asdict, dataclass
from typing import Final, Self

from chassis.errors import Permanent
from chassis.jobs import Job, is_fid
from chassis.trace import is_traceparent

VERSION: Final = 1

LINK_QUEUE: Final = "link"
VIDEO_QUEUE: Final = "video"
MP3_QUEUE: Final = "mp3"
QUEUES: Final = (LINK_QUEUE, VIDEO_QUEUE, MP3_QUEUE)


def waiting_queue(job: Job) -> str:
    """The queue of the workers that a queued job waits for."""
    return LINK_QUEUE if job.needs_fetch else VIDEO_QUEUE


class InvalidMessage(Permanent):
    """A message is not one of ours: it belongs into the dead letters."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid_message", detail)


@dataclass(frozen=True, slots=True)
class JobMessage:
    """Look at this job. `traceparent` travels as a header (W3C Trace Context), not in the body."""

    job_id: str
    username: str
    video_fid: str | None = None
    mp3_fid: str | None = None
    version: int = VERSION
    traceparent: str | None = None

    @classmethod
    def about(cls, job: Job) -> Self:
        """The message that announces `job` as it is now."""
        return cls(
            job_id=job.fid,
            username=job.username,
            video_fid=job.video_fid,
            mp3_fid=job.mp3_fid,
            traceparent=job.traceparent,
        )

    def to_body(self) -> bytes:
        """The body as JSON in UTF-8."""
        fields = asdict(self)
        del fields["traceparent"]
        return json.dumps(fields, separators=(",", ":")).encode()

    @classmethod
    def from_body(cls, body: bytes, traceparent: object = None) -> Self:
        """The message in `body`; unknown fields are ignored. Raises InvalidMessage.

        A later version is taken too: whatever it adds, it still names a job to look at.
        """
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InvalidMessage("The body is not JSON.") from error
        if not isinstance(fields, dict):
            raise InvalidMessage("The body is not a JSON object.")
        job_id = fields.get("job_id")
        if not isinstance(job_id, str) or not is_fid(job_id):
            raise InvalidMessage("job_id is not a job's id.")
        version = fields.get("version")
        if type(version) is not int or version < VERSION:
            raise InvalidMessage(f"version is not a number from {VERSION} on.")
        texts = {name: fields.get(name) for name in ("username", "video_fid", "mp3_fid")}
        if any(value is not None and not isinstance(value, str) for value in texts.values()):
            raise InvalidMessage("username, video_fid and mp3_fid are texts.")
        return cls(
            job_id=job_id,
            username=texts["username"] or "",
            video_fid=texts["video_fid"],
            mp3_fid=texts["mp3_fid"],
            version=version,
            traceparent=traceparent if is_traceparent(traceparent) else None,
        )
