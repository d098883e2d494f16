"""GET /jobs/<fid> without Flask: the one request that clients send again and again.

Flask's own part of a request (contexts, matching, objects for the request and the answer) costs
more than all that this one needs. It is the same request in every other respect: what is shown and
what an error looks like come from where Flask's routes have them, and who is observed is the same.
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

from chassis.problems import MEDIA_TYPE
from gateway.web.answers import JSON, PROBLEM_CODE, SAFETY, json_body
from gateway.web.errors import problem_of_any
from gateway.web.identity import Identify
from gateway.web.jobs import SHOW_ROUTE, ShowJob
from gateway.web.observation import ROUTE, Environ, WsgiApp

_PATH: Final = re.compile(r"/jobs/([0-9a-fA-F-]{36})")


class Polled:
    """A WSGI application that answers that request itself, and hands all others to `app`."""

    def __init__(self, app: WsgiApp, show: ShowJob, identify: Identify) -> None:
        self._app = app
        self._show = show
        self._identify = identify

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """PEP 3333."""
        asked = _PATH.fullmatch(environ["PATH_INFO"])
        if asked is None or environ["REQUEST_METHOD"] != "GET":
            return self._app(environ, start_response)
        environ[ROUTE] = SHOW_ROUTE
        status, content_type = HTTPStatus.OK, JSON
        try:
            user = self._identify.by_header(environ.get("HTTP_AUTHORIZATION"))
            document, headers = self._show(asked[1], user)
            body = json_body(document)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            problem = problem_of_any(error)
            environ[PROBLEM_CODE] = problem.code
            status, content_type = HTTPStatus(problem.status), MEDIA_TYPE
            headers, body = problem.headers, problem.to_body()
        start_response(
            f"{status.value} {status.phrase}",
            [
                *headers.items(),
                ("Content-Type", content_type),
                ("Content-Length", str(len(body))),
                *SAFETY.items(),
            ],
        )
        return [body]
