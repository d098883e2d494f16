"""Answers in JSON, and problems."""

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Response, request

from chassis.problems import MEDIA_TYPE, Problem

PROBLEM_CODE: Final = "gateway.problem_code"
"""Where in the WSGI environment the code of a problem stands, for the access log."""

JSON: Final = "application/json"

SAFETY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Headers of every answer: no browser guesses what it is, or shows it as a page of this site."""

_ENCODE: Final = json.JSONEncoder(ensure_ascii=False).encode


def json_body(document: Mapping[str, Any]) -> bytes:
    """A JSON object, ended by a line break for people with curl."""
    return f"{_ENCODE(document)}\n".encode()


def json_answer(
    document: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer with that object in it."""
    return Response(json_body(document), status, dict(headers or {}), mimetype=JSON)


def problem_answer(problem: Problem) -> Response:
    """Problem details (RFC 9457)."""
    request.environ[PROBLEM_CODE] = problem.code
    return Response(problem.to_body(), problem.status, problem.headers, content_type=MEDIA_TYPE)
