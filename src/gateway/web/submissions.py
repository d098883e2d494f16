"""POST /submit: videos by link, one, several, or a playlist."""

import structlog
from flask import Blueprint, Response, request

from chassis.errors import ServiceError
from chassis.jobs import Kind
from gateway.batches import Batches
from gateway.link_form import LISTS, Asked, Way, asked_by
from gateway.link_jobs import LinkJobs, Sender
from gateway.presenting import Presenter
from gateway.presenting_batches import BatchPresenter
from gateway.problems import message_code
from gateway.web.answers import json_answer, problem_answer
from gateway.web.bodies import small_body
from gateway.web.errors import problem_of_any
from gateway.web.identity import Identify
from gateway.web.observation import TRACEPARENT
from gateway.written_options import written_options


def submission_routes(
    links: LinkJobs,
    batches: Batches,
    identify: Identify,
    presenter: Presenter,
    max_entries: int,
) -> Blueprint:
    """The way in for links."""
    routes = Blueprint("submissions", __name__)
    batch_presenter = BatchPresenter(presenter)

    @routes.post("/submit")
    def submit() -> Response:
        user = identify(request)
        written = written_options(
            request.headers.get("Content-Type", ""),
            small_body(request),
            request.args.to_dict(flat=False),
            LISTS,
        )
        asked = asked_by(written, max_entries)
        key = request.headers.get("Idempotency-Key")
        sender = Sender(user.username, request.environ[TRACEPARENT], key)
        match asked.way:
            case Way.VIDEO:
                return _video(sender, asked)
            case Way.VIDEOS:
                return _videos(sender, asked)
            case Way.PLAYLIST:
                return _playlist(sender, asked)

    def _video(sender: Sender, asked: Asked) -> Response:
        link = links.video(asked.urls[0], asked.options, asked.sha256)
        job = links.accept(sender, link, asked.options)
        structlog.contextvars.bind_contextvars(job_id=job.fid)
        return json_answer(presenter.accepted(job), 201, {"Location": f"/jobs/{job.fid}"})

    def _videos(sender: Sender, asked: Asked) -> Response:
        batch = batches.accept(sender, asked.urls, asked.options)
        location = {"Location": f"/batches/{batch.batch_id}"}
        return json_answer(batch_presenter.accepted(batch), 201, location)

    def _playlist(sender: Sender, asked: Asked) -> Response:
        link = links.playlist(asked.urls[0], asked.options)
        job = links.accept(sender, link, asked.options, Kind.PLAYLIST)
        structlog.contextvars.bind_contextvars(job_id=job.fid)
        location = {"Location": f"/batches/{job.fid}"}
        return json_answer(batch_presenter.accepted_playlist(job), 201, location)

    @routes.errorhandler(ServiceError)
    def refused(error: ServiceError) -> Response:
        problem = problem_of_any(error)
        # The older system's clients look at these.
        problem.extensions["message"] = problem.detail
        problem.extensions["message_code"] = message_code(problem.code)
        return problem_answer(problem)

    return routes
