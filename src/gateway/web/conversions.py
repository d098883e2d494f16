"""POST /jobs/<fid>/convert: another MP3 of a video that is stored."""

import structlog
from flask import Blueprint, Response, request

from chassis.options import ConversionOptions
from chassis.ports import JobStore
from gateway.access import job_for
from gateway.presenting import Presenter
from gateway.reconversion import Reconversion
from gateway.web.answers import json_answer
from gateway.web.bodies import small_body
from gateway.web.identity import Identify
from gateway.web.observation import TRACEPARENT
from gateway.written_options import written_options


def conversion_routes(
    jobs: JobStore, reconversion: Reconversion, identify: Identify, presenter: Presenter
) -> Blueprint:
    """The way in for what needs no upload."""
    routes = Blueprint("conversions", __name__)

    @routes.post("/jobs/<fid>/convert")
    def convert(fid: str) -> Response:
        first = job_for(jobs, fid, identify(request))
        written = written_options(
            request.headers.get("Content-Type", ""),
            small_body(request),
            request.args.to_dict(flat=False),
        )
        job = reconversion.accept(
            first,
            ConversionOptions.parse(written),
            idempotency_key=request.headers.get("Idempotency-Key"),
            traceparent=request.environ[TRACEPARENT],
        )
        structlog.contextvars.bind_contextvars(job_id=job.fid)
        return json_answer(presenter.accepted(job), 202, {"Location": f"/jobs/{job.fid}"})

    return routes
