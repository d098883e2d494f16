"""Problem details."""

import json

from chassis.problems import Problem


def test_a_problem_has_what_the_standard_and_we_promise() -> None:
    """type, title, status, detail (RFC 9457, section 3.1), and our code."""
    body = json.loads(Problem(404, "not_found", "There is no such job.").to_body())
    assert body == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such job.",
        "code": "not_found",
    }
