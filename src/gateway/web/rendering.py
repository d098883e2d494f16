"""Pages in HTML, and the one style sheet that they share; no script, nothing from elsewhere."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

STYLE_PATH: Final = "/style.css"
_POLICY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address may open the MP3
}


class Style:
    """The style sheet: its address names what is in it, so that it may be kept for long."""

    def __init__(self) -> None:
        self._css = files("gateway").joinpath("templates", "style.css").read_bytes()
        self._version = hashlib.sha256(self._css).hexdigest()[:16]

    @property
    def url(self) -> str:
        """Its address, without a host."""
        return f"{STYLE_PATH}?v={self._version}"

    def routes(self) -> Blueprint:
        """Where it is served."""
        routes = Blueprint("style", __name__)

        @routes.get(STYLE_PATH)
        def style() -> Response:
            headers = {
                "ETag": f'"{self._version}"',
                "Cache-Control": "public, max-age=31536000, immutable",
            }
            answer = Response(self._css, headers=headers, mimetype="text/css")
            answer.make_conditional(request)
            return answer

        return routes


def page_answer(
    template: str,
    style: Style,
    page: Any,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page that nobody keeps, made of `template` and what `page` has to say."""
    body = render_template(template, page=page, style_url=style.url)
    own = {"Cache-Control": "private, no-store", **_POLICY, **(headers or {})}
    return Response(body, status, own, mimetype="text/html")
