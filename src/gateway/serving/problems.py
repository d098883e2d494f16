"""Requests that gunicorn cannot even parse are answered by problem details too."""

import socket
from http import HTTPStatus
from typing import Final

from gunicorn.http import errors

from chassis.problems import MEDIA_TYPE, Problem
from gateway.problems import problem_of_status

_BY_ERROR: Final[tuple[tuple[type[Exception], HTTPStatus, str], ...]] = (
    (errors.LimitRequestHeaders, HTTPStatus(431), "The header of the request is too large."),
    (errors.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG, "The URL is too long."),
    (errors.ExpectationFailed, HTTPStatus.EXPECTATION_FAILED, "Only 100-continue is understood."),
    (
        errors.UnsupportedTransferCoding,
        HTTPStatus.NOT_IMPLEMENTED,
        "The only transfer coding that is understood is chunked.",
    ),
    (errors.ParseException, HTTPStatus.BAD_REQUEST, "That is not a valid HTTP request."),
)


def problem_of_parse_error(error: BaseException) -> Problem:
    """What is wrong with a request, or 500 where the fault is ours."""
    for kind, status, detail in _BY_ERROR:
        if isinstance(error, kind):
            return problem_of_status(status, detail)
    return problem_of_status(HTTPStatus.INTERNAL_SERVER_ERROR)


def write_problem(connection: socket.socket, problem: Problem) -> None:
    """Send `problem` as a whole answer, after which the connection closes; raises OSError."""
    body = problem.to_body()
    head = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
