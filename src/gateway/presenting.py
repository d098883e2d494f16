"""A job as the API shows it."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from chassis.jobs import Failure, Job, Kind, Result, State
from chassis.sources import Chapter, Link, Loudness, MediaFacts, Metadata, Source

# The words of the older system, which its pages and clients know.
WAITING: Final = "ONQUEUE"
FINISHED: Final = "FINISH"
SUCCESS: Final = "success!"

POLL_SECONDS: Final = 2


_REMEMBERED: Final = 2000  # signatures of some 100 bytes


class Presenter:
    """Shows jobs with URLs below `public_url`; `sign` as chassis.links.LinkSigner.sign_at."""

    def __init__(self, public_url: str, sign: Callable[[str, datetime], str]) -> None:
        self._public_url = public_url
        # A signature costs as much as all else that showing a job takes.
        self._sign = lru_cache(_REMEMBERED)(sign)

    def job(self, job: Job) -> dict[str, Any]:
        """All that its owner may know."""
        return {
            "fid": job.fid,
            "kind": str(job.kind),
            "username": job.username,
            "status": str(job.state),
            "state": shown_state(job),
            "progress": round(job.progress, 4),
            "created_at": _time(job.created_at),
            "updated_at": _time(job.updated_at),
            "expires_at": _time(job.expires_at),
            "link": _link(job.link),
            "source": _source(job.source),
            "options": job.options.to_document(),
            "result": self._result(job, job.result) if job.result else None,
            "seconds_waited": job.seconds_waited,
            "seconds_converted": job.seconds_converted,
            "failure": _fields(job.failure),
            "attempts": job.attempts,
            "status_url": self.status_url(job),
            "download_url": self.download_url(job),
            "page_url": self.page_url(job),
            "batch_url": self._batch_url_of(job),
            "convert_url": f"{self.status_url(job)}/convert" if _can_be_converted(job) else None,
        }

    def accepted(self, job: Job) -> dict[str, Any]:
        """The answer to a submission."""
        return {
            "message": SUCCESS,
            "message_code": shown_state(job),
            "fid": job.fid,
            "status": str(job.state),
            "status_url": self.status_url(job),
            "download_url": self.download_url(job),
            "page_url": self.page_url(job),
        }

    def status_url(self, job: Job) -> str:
        """Where the job is shown."""
        return f"{self._public_url}/jobs/{job.fid}"

    def download_url(self, job: Job) -> str | None:
        """Where its MP3 is, or the ZIP of them, or the file it fetched; None where none comes."""
        if job.kind is Kind.MEDIA and job.link:
            return self.media_url(job.link)
        if job.kind is Kind.PLAYLIST:
            return None
        return f"{self._public_url}/download?fid={job.fid}"

    def page_url(self, job: Job) -> str | None:
        """The page for a browser, which knows no token; None where there is no MP3 to come."""
        if job.kind is not Kind.MP3:
            return None
        page = f"{self._public_url}/download-music/{job.fid}"
        return page if job.link else f"{page}?signature={self._sign(job.fid, job.created_at)}"

    def media_url(self, link: Link) -> str:
        """Where the file of a link is."""
        asked = {"url": link.url} | ({"sha256": link.sha256} if link.sha256 else {})
        return f"{self._public_url}/media?{urlencode(asked)}"

    def batch_url(self, batch_id: str) -> str:
        """Where a batch is shown."""
        return f"{self._public_url}/batches/{batch_id}"

    def _batch_url_of(self, job: Job) -> str | None:
        if job.kind is Kind.PLAYLIST:
            return self.batch_url(job.fid)
        return self.batch_url(job.batch.batch_id) if job.batch else None

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

    def jobs_url(self, query: str) -> str:
        """Where a page of jobs is."""
        return f"{self._public_url}/jobs?{query}"


def shown_state(job: Job) -> str:
    """The older system's word for where a job is."""
    return FINISHED if job.state is State.READY else WAITING


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
        "metadata": _metadata(source.metadata),
    }


def _metadata(metadata: Metadata | None) -> dict[str, Any] | None:
    if metadata is None:
        return None
    shown: dict[str, Any] = _fields(metadata)
    del shown["picture_sha256"]
    return shown | {"chapters": [_fields(chapter) for chapter in metadata.chapters]}


def _link(link: Link | None) -> dict[str, Any] | None:
    return {"url": link.url, "sha256": link.sha256} if link else None


def _can_be_converted(job: Job) -> bool:
    """Whether another MP3 can be made of it: what came by a link can be brought in again."""
    return job.has_source or (job.link is not None and job.kind is not Kind.PLAYLIST)


def _fields(
    part: MediaFacts | Result | Loudness | Failure | Metadata | Chapter | None,
) -> Any:
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
