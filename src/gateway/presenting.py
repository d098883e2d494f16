"""A job as the API shows it."""

import math
from datetime import UTC, datetime
from typing import Any, Final

from chassis.jobs import Failure, Job, Loudness, MediaFacts, Result, Source, State

# The words of the older system, which its pages and clients know.
WAITING: Final = "ONQUEUE"
FINISHED: Final = "FINISH"

POLL_SECONDS: Final = 2


class Presenter:
    """Shows jobs with URLs below `public_url`."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def job(self, job: Job) -> dict[str, Any]:
        """All that its owner may know."""
        return {
            "fid": job.fid,
            "username": job.username,
            "status": str(job.state),
            "state": FINISHED if job.state is State.READY else WAITING,
            "progress": round(job.progress, 4),
            "created_at": _time(job.created_at),
            "updated_at": _time(job.updated_at),
            "expires_at": _time(job.expires_at),
            "source": _source(job.source),
            "options": job.options.to_document(),
            "result": self._result(job, job.result) if job.result else None,
            "seconds_waited": job.seconds_waited,
            "seconds_converted": job.seconds_converted,
            "failure": _fields(job.failure),
            "attempts": job.attempts,
            "status_url": self.status_url(job),
            "download_url": self.download_url(job),
            "convert_url": f"{self.status_url(job)}/convert" if job.has_source else None,
        }

    def accepted(self, job: Job) -> dict[str, Any]:
        """The answer to an upload."""
        return {
            "message": "success!",
            "fid": job.fid,
            "status": str(job.state),
            "status_url": self.status_url(job),
            "download_url": self.download_url(job),
        }

    def status_url(self, job: Job) -> str:
        """Where the job is shown."""
        return f"{self._public_url}/jobs/{job.fid}"

    def download_url(self, job: Job) -> str:
        """Where its MP3 is, or the ZIP of them."""
        return f"{self._public_url}/download?fid={job.fid}"

    def _result(self, job: Job, result: Result) -> dict[str, Any]:
        shown: dict[str, Any] = _fields(result) | {"notes": list(result.notes)}
        del shown["parts"]
        if result.parts:
            shown["chapters"] = [
                {
                    "chapter": number,
                    "title": part.title,
                    "size": part.size,
                    "duration": part.duration,
                    "download_url": f"{self.download_url(job)}&chapter={number}",
                }
                for number, part in enumerate(result.parts, start=1)
            ]
        return shown

    def page_url(self, query: str) -> str:
        """Where a page of jobs is."""
        return f"{self._public_url}/jobs?{query}"


def retry_after(job: Job, now: datetime) -> int:
    """Seconds after which it is worth asking again for an unfinished job."""
    if job.not_before is None:
        return POLL_SECONDS
    return max(POLL_SECONDS, math.ceil((job.not_before - now).total_seconds()))


def _source(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "size": source.size,
        "sha256": source.sha256,
        "media": _fields(source.media),
    }


def _fields(part: MediaFacts | Result | Loudness | Failure | None) -> Any:
    """A part of a job that is shown as it is; beside texts and numbers it may hold a loudness."""
    if part is None:
        return None
    found = {name: getattr(part, name) for name in part.__slots__}
    if "loudness" in found:
        found["loudness"] = _fields(found["loudness"])
    return found


def _time(time: datetime | None) -> str | None:
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
