"""GET and DELETE /batches/<id>."""

from flask import Blueprint, Response, request

from gateway.batches import Batches
from gateway.presenting import POLL_SECONDS, Presenter
from gateway.presenting_batches import BatchPresenter
from gateway.web.answers import json_answer
from gateway.web.identity import Identify


def batch_routes(batches: Batches, identify: Identify, presenter: Presenter) -> Blueprint:
    """What a user may see and do of batches."""
    routes = Blueprint("batches", __name__)
    batch_presenter = BatchPresenter(presenter)

    @routes.get("/batches/<batch_id>")
    def show_batch(batch_id: str) -> Response:
        view = batches.view(batch_id, identify(request))
        headers = {"Cache-Control": "private, no-store"}
        if not view.finished:
            headers["Retry-After"] = str(POLL_SECONDS)
        return json_answer(batch_presenter.view(view), headers=headers)

    @routes.delete("/batches/<batch_id>")
    def delete_batch(batch_id: str) -> Response:
        batches.remove(batches.view(batch_id, identify(request)))
        return Response(status=204)

    return routes
