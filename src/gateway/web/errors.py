"""Whatever goes wrong is answered by problem details, and never shows its insides."""

from http import HTTPStatus

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from chassis.errors import ServiceError
from gateway.problems import problem_of, problem_of_status
from gateway.web.answers import problem_answer

log = structlog.get_logger(__name__)


def answer_errors(app: Flask) -> None:
    """Answer every error that a view of `app` raises, and every one of Flask's own."""
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _service_error(error: ServiceError) -> Response:
    try:
        problem = problem_of(error)
    except LookupError:
        return _unexpected(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request cannot be served", code=error.code, error=error.detail)
    return problem_answer(problem)


def _http_error(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    problem = problem_of_status(HTTPStatus(error.code))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        problem.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return problem_answer(problem)


def _unexpected(error: Exception) -> Response:
    log.error("request failed unexpectedly", exc_info=error)
    return problem_answer(problem_of_status(HTTPStatus.INTERNAL_SERVER_ERROR))
