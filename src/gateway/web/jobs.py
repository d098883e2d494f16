"""GET /jobs, GET and DELETE /jobs/<fid>."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import structlog
from flask import Blueprint, Response, request

from chassis.ports import JobStore
from gateway.access import job_for
from gateway.paging import page
from gateway.presenting import Presenter, retry_after
from gateway.removal import Removal
from gateway.tokens import User
from gateway.web.answers import json_answer
from gateway.web.identity import Identify

SHOW_ROUTE: Final = "/jobs/<fid>"


class ShowJob:
    """What is answered to whoever asks for a job, but for its form."""

    def __init__(self, jobs: JobStore, presenter: Presenter, clock: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._presenter = presenter
        self._clock = clock

    def __call__(self, fid: str, user: User) -> tuple[dict[str, Any], dict[str, str]]:
        """The document and the headers of the answer; raises Refusal and StoreUnavailable."""
        job = job_for(self._jobs, fid, user)
        structlog.contextvars.bind_contextvars(job_id=job.fid)
        headers = {"Cache-Control": "private, no-store"}
        if job.unfinished:
            headers["Retry-After"] = str(retry_after(job, self._clock()))
        return self._presenter.job(job), headers


def job_routes(
    jobs: JobStore, removal: Removal, identify: Identify, presenter: Presenter, show: ShowJob
) -> Blueprint:
    """What a user may see and do of jobs."""
    routes = Blueprint("jobs", __name__)

    @routes.get("/jobs")
    def list_jobs() -> Response:
        found = page(jobs, identify(request), request.args)
        following = presenter.jobs_url(found.next_query) if found.next_query else None
        return json_answer(
            {"jobs": [presenter.job(job) for job in found.jobs], "next": following},
            headers={"Cache-Control": "private, no-store"},
        )

    @routes.get(SHOW_ROUTE)
    def show_job(fid: str) -> Response:
        document, headers = show(fid, identify(request))
        return json_answer(document, headers=headers)

    @routes.delete("/jobs/<fid>")
    def delete_job(fid: str) -> Response:
        job = job_for(jobs, fid, identify(request))
        structlog.contextvars.bind_contextvars(job_id=job.fid)
        removal.remove(job)
        return Response(status=204)

    return routes
