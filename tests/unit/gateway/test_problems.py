"""Every error that a request can cause has its answer in the one table."""

import ast
import json
from http import HTTPStatus
from pathlib import Path

import pytest

from chassis.errors import (
    BrokerUnavailable,
    InvalidUrl,
    MediaMissing,
    ServiceError,
    StoreUnavailable,
    UrlNotAllowed,
)
from chassis.jobs import Failure
from chassis.links import InvalidLink
from chassis.options import InvalidOption
from chassis.tokens import InvalidToken
from gateway import link_refusals, refusals
from gateway.problems import STATUS_BY_CODE, message_code, problem_of, problem_of_status
from gateway.refusals import NothingAccepted, RefusedLink, TokenRequired


def codes_in_refusals() -> set[str]:
    """The first argument of each error that gateway.refusals and gateway.link_refusals make."""
    modules = (refusals.__file__, link_refusals.__file__)
    trees = [ast.parse(Path(module).read_text(encoding="utf-8")) for module in modules]
    return {
        call.args[0].value
        for tree in trees
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and call.args[0].value.isidentifier()  # the errors of chassis.errors bring their own codes
    } - {"cancelled"}


def test_every_code_has_its_status() -> None:
    """No refusal is without an answer, and no answer without a refusal."""
    elsewhere = {
        "invalid_option",
        "invalid_token",
        "invalid_link",
        "media_missing",
        "store_unavailable",
        "invalid_url",
        "url_not_allowed",
    }
    assert codes_in_refusals() | elsewhere == set(STATUS_BY_CODE)


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (InvalidOption("No."), 400, set()),
        (TokenRequired(), 401, {"WWW-Authenticate"}),
        (InvalidToken("No."), 401, {"WWW-Authenticate"}),
        (InvalidLink(), 403, set()),
        (MediaMissing("a"), 410, set()),
        (refusals.no_mp3(Failure("no_audio", "The video has no sound."), failed=True), 409, set()),
        (refusals.no_mp3(Failure("expired", "Gone."), failed=False), 410, set()),
        (refusals.cancelled(), 410, set()),
        (refusals.TooManyJobs(3), 429, {"Retry-After"}),
        (refusals.KeyInUse(), 409, {"Retry-After"}),
        (refusals.TakenOver(), 503, {"Retry-After"}),
        (link_refusals.fetch_failed(Failure("video_unavailable", "Gone.")), 404, set()),
        (link_refusals.fetch_failed(Failure("login_required", "A login.")), 403, set()),
        (link_refusals.fetch_failed(Failure("checksum_mismatch", "Another.")), 409, set()),
        (link_refusals.fetch_failed(Failure("url_not_allowed", "No.")), 422, set()),
        (link_refusals.fetch_failed(Failure("site_unavailable", "Down.")), 502, set()),
        (link_refusals.fetch_failed(Failure("too_slow", "Slow.")), 504, set()),
        (refusals.MadeRoom(), 503, {"Retry-After"}),
        (InvalidUrl(), 400, set()),
        (UrlNotAllowed("No."), 422, set()),
        (StoreUnavailable("The store cannot be reached."), 503, {"Retry-After"}),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_answers(error: ServiceError, status: int, headers: set[str]) -> None:
    """Status, code, sentence and headers of an error stand together."""
    problem = problem_of(error)
    assert (problem.status, problem.code, problem.detail) == (status, error.code, error.detail)
    assert set(problem.headers) == headers


def test_why_a_token_is_refused_stands_in_the_challenge() -> None:
    """RFC 6750: no error is named where no token was sent, invalid_token where it is no good."""
    assert "error" not in problem_of(TokenRequired()).headers["WWW-Authenticate"]
    challenge = problem_of(InvalidToken("The token has expired: log in again."))
    assert challenge.headers["WWW-Authenticate"] == (
        'Bearer realm="video-to-mp3", error="invalid_token", '
        'error_description="The token has expired: log in again."'
    )


def test_an_error_that_no_request_can_cause_has_no_answer() -> None:
    """What is not in the table is a bug, which the web layer answers as one."""
    with pytest.raises(LookupError):
        problem_of(BrokerUnavailable("RabbitMQ cannot be reached."))


def test_http_errors_look_the_same() -> None:
    """What HTTP itself names is a problem like all others."""
    problem = problem_of_status(HTTPStatus.NOT_FOUND)
    assert json.loads(problem.to_body()) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Nothing matches the given URI.",
        "code": "not_found",
    }


def test_a_batch_says_of_each_link_why() -> None:
    """Where none can be accepted, the problem has what the answer would have had."""
    problem = problem_of(NothingAccepted([RefusedLink("ftp://x", UrlNotAllowed("No."))]))
    assert json.loads(problem.to_body())["refused"] == [
        {
            "video_url": "ftp://x",
            "code": "url_not_allowed",
            "detail": "No.",
            "message_code": "URL_NOT_ALLOWED",
        }
    ]


def test_the_older_systems_words() -> None:
    """Its clients know these."""
    assert message_code("invalid_url") == message_code("link_required") == "INVALID_URL"
    assert message_code("video_does_not_exist") == "VIDEO_DONT_EXISTS"
