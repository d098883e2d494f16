"""POST /upload with a form, PUT /upload with the file itself."""

from typing import cast

from flask import Blueprint, Response, request

from gateway.metrics import UPLOADS_UNDER_WAY
from gateway.presenting import Presenter
from gateway.reception import Submission
from gateway.uploads import Body, Uploads
from gateway.web.answers import json_answer
from gateway.web.identity import Identify
from gateway.web.observation import TRACEPARENT


def upload_routes(uploads: Uploads, identify: Identify, presenter: Presenter) -> Blueprint:
    """The way in for videos."""
    routes = Blueprint("uploads", __name__)

    def accept(query: dict[str, list[str]], *, is_file: bool) -> Response:
        user = identify(request)
        submission = Submission(
            username=user.username,
            content_type=request.headers.get("Content-Type", ""),
            content_length=request.content_length,
            idempotency_key=request.headers.get("Idempotency-Key"),
            traceparent=request.environ[TRACEPARENT],
            query=query,
            is_file=is_file,
        )
        with UPLOADS_UNDER_WAY.track_inprogress():
            job = uploads.accept(submission, cast(Body, request.environ["wsgi.input"]))
        return json_answer(presenter.accepted(job), 202, {"Location": f"/jobs/{job.fid}"})

    @routes.post("/upload")
    def upload_form() -> Response:
        return accept(request.args.to_dict(flat=False), is_file=False)

    @routes.put("/upload")
    @routes.put("/upload/<path:name>")
    def upload_file(name: str = "") -> Response:
        # `curl -T FILE URL/` appends the file's name to the URL.
        return accept({"name": [name]} | request.args.to_dict(flat=False), is_file=True)

    return routes
