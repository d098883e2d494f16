"""The one table that says which HTTP answer each error becomes (RFC 9457)."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog
from flask import Flask, Response
from werkzeug.exceptions import ClientDisconnected, HTTPException

from auth.errors import (
    AccountMissing,
    AccountsUnavailable,
    AddressInvalid,
    AddressTaken,
    AdminOnly,
    CredentialsRequired,
    CredentialsWrong,
    CurrentPasswordWrong,
    InvalidRequest,
    LastAdmin,
    PasswordUnacceptable,
    TokenRequired,
    TooManyFailures,
)
from chassis.errors import ServiceError
from chassis.problems import MEDIA_TYPE, Problem
from chassis.tokens import InvalidToken

RETRY_SECONDS: Final = 5

# RFC 7617 and RFC 6750, section 3: how to ask for a password, and for a token.
BASIC: Final = {"WWW-Authenticate": 'Basic realm="auth", charset="UTF-8"'}
BEARER: Final = {"WWW-Authenticate": 'Bearer realm="auth"'}
BEARER_AGAIN: Final = {"WWW-Authenticate": 'Bearer realm="auth", error="invalid_token"'}

_ANSWERS: Final[Mapping[type[ServiceError], tuple[HTTPStatus, Mapping[str, str]]]] = {
    InvalidRequest: (HTTPStatus.BAD_REQUEST, {}),
    AddressInvalid: (HTTPStatus.BAD_REQUEST, {}),
    PasswordUnacceptable: (HTTPStatus.BAD_REQUEST, {}),
    CredentialsRequired: (HTTPStatus.UNAUTHORIZED, BASIC),
    CredentialsWrong: (HTTPStatus.UNAUTHORIZED, BASIC),
    TokenRequired: (HTTPStatus.UNAUTHORIZED, BEARER),
    InvalidToken: (HTTPStatus.UNAUTHORIZED, BEARER_AGAIN),
    CurrentPasswordWrong: (HTTPStatus.FORBIDDEN, {}),
    AdminOnly: (HTTPStatus.FORBIDDEN, {}),
    AccountMissing: (HTTPStatus.NOT_FOUND, {}),
    AddressTaken: (HTTPStatus.CONFLICT, {}),
    LastAdmin: (HTTPStatus.CONFLICT, {}),
    TooManyFailures: (HTTPStatus.TOO_MANY_REQUESTS, {}),
    AccountsUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(RETRY_SECONDS)}),
}

_HTTP_ERRORS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "The request is malformed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("too_large", "The body of the request is too large."),
    415: ("unsupported_media_type", "Send JSON: Content-Type: application/json."),
}

log = structlog.get_logger(__name__)


def problem_of(error: ServiceError) -> Problem:
    """What the client is told of one of our own errors."""
    status, headers = _ANSWERS[type(error)]
    if isinstance(error, TooManyFailures):
        headers = {"Retry-After": str(max(1, math.ceil(error.wait.total_seconds())))}
    return Problem(status, error.code, error.detail, dict(headers))


def problem_of_http(error: HTTPException) -> Problem:
    """What the client is told of an error that Flask found."""
    if isinstance(error, ClientDisconnected):
        detail = "The body of the request did not arrive whole."
        return Problem(HTTPStatus.REQUEST_TIMEOUT, "body_incomplete", detail)
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    code, detail = _HTTP_ERRORS.get(status, ("request_refused", "The request was refused."))
    kept = {name: value for name, value in error.get_headers() if name == "Allow"}
    return Problem(status, code, detail, kept)


def register(app: Flask) -> None:
    """Answer every error of `app` with problem details, and none with a trace."""

    @app.errorhandler(ServiceError)
    def refused(error: ServiceError) -> Response:
        return _response(problem_of(error))

    @app.errorhandler(HTTPException)
    def refused_by_flask(error: HTTPException) -> Response:
        return _response(problem_of_http(error))

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.error("request failed", exc_info=error)
        return _response(internal_error())


def internal_error() -> Problem:
    """What the client is told of a fault of ours: nothing but that."""
    detail = "Something went wrong on our side; it was written down."
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)


def _response(problem: Problem) -> Response:
    response = Response(problem.to_body(), problem.status, problem.headers, mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response
