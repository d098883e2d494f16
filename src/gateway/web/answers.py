"""Answers in JSON, and problems."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from chassis.problems import MEDIA_TYPE, Problem

PROBLEM_CODE = "gateway.problem_code"
"""Where in the WSGI environment the code of a problem stands, for the access log."""


def json_answer(
    document: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON object, ended by a line break for people with curl."""
    body = json.dumps(document, ensure_ascii=False) + "\n"
    return Response(body, status, dict(headers or {}), mimetype="application/json")


def problem_answer(problem: Problem) -> Response:
    """Problem details (RFC 9457)."""
    request.environ[PROBLEM_CODE] = problem.code
    return Response(problem.to_body(), problem.status, problem.headers, content_type=MEDIA_TYPE)
