"""Whatever goes wrong is answered by problem details, and never shows its insides."""

from http import HTTPStatus

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from chassis.errors import ServiceError
from chassis.problems import Problem
from gateway.problems import problem_of, problem_of_status
from gateway.web.answers import problem_answer

log = structlog.get_logger(__name__)


def answer_errors(app: Flask) -> None:
    """Answer every error that a view of `app` raises, and every one of Flask's own."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _any_error)


def problem_of_any(error: Exception) -> Problem:
    """How an error is answered, whatever it is; one that is not the client's fault is logged."""
    try:
        problem = problem_of(error) if isinstance(error, ServiceError) else None
    except LookupError:
        problem = None
    if problem is None:
        log.error("request failed unexpectedly", exc_info=error)
        return problem_of_status(HTTPStatus.INTERNAL_SERVER_ERROR)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request cannot be served", code=problem.code, error=problem.detail)
    return problem


def _any_error(error: Exception) -> Response:
    return problem_answer(problem_of_any(error))


def _http_error(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    problem = problem_of_status(HTTPStatus(error.code))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        problem.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return problem_answer(problem)
