"""GET and HEAD /download: the MP3, or one of several, for its owner or by a signed link."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import structlog
from flask import Blueprint, Request, Response, request
from werkzeug.http import http_date

from chassis.jobs import State
from chassis.links import LinkSigner
from chassis.ports import JobStore, MediaStore
from chassis.problems import Problem
from gateway import refusals
from gateway.access import checked_fid, job_for
from gateway.delivery import Delivery, delivery
from gateway.naming import attachment
from gateway.presenting import Presenter, retry_after
from gateway.problems import problem_of_status
from gateway.ranges import FIELDS, Representation, Selection, select
from gateway.tokens import User
from gateway.web.answers import json_answer, problem_answer
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
        if job.unfinished:
            headers = {"Retry-After": str(retry_after(job, clock())), "Cache-Control": "no-store"}
            return json_answer(presenter.job(job), HTTPStatus.ACCEPTED, headers)
        if job.state is not State.READY or job.result is None or job.mp3_fid is None:
            raise refusals.no_mp3(job.failure, failed=job.state is State.FAILED)
        return _answer(job.mp3_fid, delivery(job, job.result, request.args.get("chapter")))

    def _answer(mp3_fid: str, wanted: Delivery) -> Response:
        file = wanted.file
        asked = {name: request.headers[name] for name in FIELDS if name in request.headers}
        selected = select(request.method, asked, file)
        headers = {
            "ETag": f'"{file.etag}"',
            "Last-Modified": http_date(file.modified),
            "Accept-Ranges": "bytes",
            "Cache-Control": "private",
            "Content-Disposition": attachment(wanted.name),
        }
        match selected.status:
            case HTTPStatus.NOT_MODIFIED:
                return Response(status=selected.status, headers=headers)
            case HTTPStatus.PRECONDITION_FAILED:
                return problem_answer(problem_of_status(selected.status))
            case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return problem_answer(_unsatisfiable(file))
        if selected.status is HTTPStatus.PARTIAL_CONTENT:
            part = f"bytes {selected.start}-{selected.stop - 1}/{file.size}"
            headers["Content-Range"] = part
        headers["Content-Length"] = str(selected.stop - selected.start)
        return _stream(mp3_fid, wanted, selected, headers)

    def _stream(
        mp3_fid: str, wanted: Delivery, selected: Selection, headers: dict[str, str]
    ) -> Response:
        reader = mp3s.open(mp3_fid)
        response = Response(
            reader.stream(wanted.offset + selected.start, wanted.offset + selected.stop),
            selected.status,
            headers,
            content_type=wanted.content_type,
            direct_passthrough=True,
        )
        response.call_on_close(reader.close)
        return response

    return routes


def _reader(request: Request, links: LinkSigner, identify: Identify) -> User | None:
    """The user whom the token names; None for whoever has a signed link to just this MP3."""
    if "Authorization" not in request.headers and "signature" in request.args:
        links.check(checked_fid(request.args.get("fid", "")), request.args["signature"])
        return None
    return identify(request)


def _unsatisfiable(file: Representation) -> Problem:
    problem = problem_of_status(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    problem.headers["Content-Range"] = f"bytes */{file.size}"
    return problem
