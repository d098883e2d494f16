"""GET and HEAD /download-music/<fid>: the MP3 in a browser, or a page that says where it is.

What came by a link is open to whoever has its id, which nobody guesses; an upload is open to its
owner's token, and to the signature of the mail's link. Whoever has neither learns nothing.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, request

from chassis.errors import MediaMissing, Permanent, Retryable, ServiceError
from chassis.jobs import Job, Kind, State
from chassis.links import LinkSigner
from chassis.ports import JobStore, MediaStore
from gateway import refusals
from gateway.access import checked_fid, job_for
from gateway.delivery import delivery
from gateway.pages import not_ready, not_valid
from gateway.problems import RETRY_SECONDS
from gateway.tokens import User
from gateway.web.files import file_answer
from gateway.web.identity import Identify
from gateway.web.rendering import Style, page_answer

log = structlog.get_logger(__name__)


def page_routes(
    readable: "Readable",
    mp3s: MediaStore,
    style: Style,
    clock: Callable[[], datetime],
) -> Blueprint:
    """The pages of MP3s."""
    routes = Blueprint("pages", __name__)

    @routes.get("/download-music/<path:fid>")
    def download_music(fid: str) -> Response:
        try:
            job = readable(checked_fid(fid))
            structlog.contextvars.bind_contextvars(job_id=job.fid)
            return _answer(job)
        except ServiceError as error:
            return _not_valid(style, error)

    def _answer(job: Job) -> Response:
        if job.unfinished:
            page = not_ready(job, clock())
            seconds = str(page.refresh_seconds)
            headers = {"Retry-After": seconds, "Refresh": seconds}
            return page_answer("not_ready.html", style, page, HTTPStatus.ACCEPTED, headers)
        failed = job.state is State.FAILED
        if job.state is not State.READY or job.result is None or job.mp3_fid is None:
            error = refusals.no_mp3(job.failure, failed=failed)
            return _not_valid(style, error, failed=failed)
        wanted = delivery(job, job.result, request.args.get("chapter"))
        with mp3s.open(job.mp3_fid) as stored:
            if stored.size != job.result.size:
                log.error("a stored MP3 has not the size that it had", size=stored.size)
                raise MediaMissing(job.mp3_fid)
        return file_answer(mp3s, job.mp3_fid, wanted)

    return routes


class Readable:
    """Finds jobs that whoever asks may read; raises ServiceError where there is none."""

    def __init__(self, jobs: JobStore, links: LinkSigner, identify: Identify) -> None:
        self._jobs = jobs
        self._links = links
        self._identify = identify

    def __call__(self, fid: str) -> Job:
        """The job with that id."""
        job = self._jobs.get(fid)
        if job is not None and job.link is not None:
            if job.kind is not Kind.MP3:
                raise refusals.job_not_found()
            return job
        if "signature" in request.args and "Authorization" not in request.headers:
            self._links.check(fid, request.args["signature"])
            return job_for(self._jobs, fid, None)
        return job_for(self._jobs, fid, self._reader())

    def _reader(self) -> User:
        """The user whom the token names; without one it is as if there were no such job."""
        try:
            return self._identify(request)
        except Permanent as error:
            raise refusals.job_not_found() from error


def _not_valid(style: Style, error: ServiceError, *, failed: bool = False) -> Response:
    page = not_valid(error, failed=failed)
    again = {"Retry-After": str(RETRY_SECONDS), "Refresh": str(RETRY_SECONDS)}
    headers = again if isinstance(error, Retryable) else {}
    return page_answer("not_valid.html", style, page, page.status, headers)
