"""A stored file as an answer: whole, a range of it, or that it did not change."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus

from flask import Response, request
from werkzeug.http import http_date

from chassis.ports import MediaStore
from chassis.problems import Problem
from gateway.delivery import Delivery
from gateway.naming import attachment
from gateway.problems import problem_of_status
from gateway.ranges import FIELDS, Representation, Selection, select
from gateway.web.answers import problem_answer

Pieces = Iterator[bytes]


def file_answer(
    store: MediaStore,
    media_id: str,
    wanted: Delivery,
    further: Mapping[str, str] | None = None,
    watched: Callable[[Pieces], Pieces] = iter,
) -> Response:
    """What GET or HEAD of that file is answered with, as an attachment.

    `further` are header fields of the file; its pieces go through `watched` while they are sent.
    Raises MediaMissing.
    """
    file = wanted.file
    asked = {name: request.headers[name] for name in FIELDS if name in request.headers}
    selected = select(request.method, asked, file)
    headers = {
        "ETag": f'"{file.etag}"',
        "Last-Modified": http_date(file.modified),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private",
        "Content-Disposition": attachment(wanted.name),
        **(further or {}),
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
    return _stream(store, media_id, wanted, selected, headers, watched)


def _stream(
    store: MediaStore,
    media_id: str,
    wanted: Delivery,
    selected: Selection,
    headers: Mapping[str, str],
    watched: Callable[[Pieces], Pieces],
) -> Response:
    reader = store.open(media_id)
    pieces = reader.stream(wanted.offset + selected.start, wanted.offset + selected.stop)
    response = Response(
        watched(pieces),
        selected.status,
        dict(headers),
        content_type=wanted.content_type,
        direct_passthrough=True,
    )
    response.call_on_close(reader.close)
    return response


def _unsatisfiable(file: Representation) -> Problem:
    problem = problem_of_status(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    problem.headers["Content-Range"] = f"bytes */{file.size}"
    return problem
