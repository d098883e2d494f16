"""GET and HEAD /download: the MP3, or one of several, for its owner or by a signed link."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import structlog
from flask import Blueprint, Request, Response, request

from chassis.jobs import Kind, State
from chassis.links import LinkSigner
from chassis.ports import JobStore, MediaStore
from gateway import refusals
from gateway.access import checked_fid, job_for
from gateway.delivery import delivery
from gateway.presenting import Presenter, retry_after
from gateway.tokens import User
from gateway.web.answers import json_answer
from gateway.web.files import file_answer
from gateway.web.identity import Identify


def download_routes(
    jobs: JobStore,
    mp3s: MediaStore,
    links: LinkSigner,
    identify: Identify,
    presenter: Presenter,
    clock: Callable[[], datetime],
) -> Blueprint:
    """The way out for MP3s."""
    routes = Blueprint("downloads", __name__)

    @routes.get("/download")
    def download() -> Response:
        job = job_for(jobs, request.args.get("fid", ""), _reader(request, links, identify))
        structlog.contextvars.bind_contextvars(job_id=job.fid)
        if job.kind is not Kind.MP3:
            raise refusals.makes_no_mp3(job.kind)
        if job.unfinished:
            headers = {"Retry-After": str(retry_after(job, clock())), "Cache-Control": "no-store"}
            return json_answer(presenter.job(job), HTTPStatus.ACCEPTED, headers)
        if job.state is not State.READY or job.result is None or job.mp3_fid is None:
            raise refusals.no_mp3(job.failure, failed=job.state is State.FAILED)
        wanted = delivery(job, job.result, request.args.get("chapter"))
        return file_answer(mp3s, job.mp3_fid, wanted)

    return routes


def _reader(request: Request, links: LinkSigner, identify: Identify) -> User | None:
    """The user whom the token names; None for whoever has a signed link to just this MP3."""
    if "Authorization" not in request.headers and "signature" in request.args:
        links.check(checked_fid(request.args.get("fid", "")), request.args["signature"])
        return None
    return identify(request)
