"""A web page of the mails in a Maildir: a list, each mail, and all as JSON for programs.

It only shows. What is in a mail is a stranger's: text is escaped, and HTML stands in a frame that
runs no script, loads nothing and is of no origin (CSP `sandbox`,
https://www.w3.org/TR/CSP3/#directive-sandbox).
"""

import logging
from email.message import EmailMessage
from http import HTTPStatus
from threading import Thread
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template
from werkzeug.serving import make_server

from devstack.maildir import Maildir, html_text, plain_text

MOST_LISTED = 100

_OURS = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
)
_THEIRS = (
    # A link may open a window of its own, which is an ordinary one; nothing else gets out.
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


class MailPage:
    """Serves the page on `port` of `host`, from threads of its own."""

    def __init__(self, mails: Maildir, host: str, port: int) -> None:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line for each request
        self._server = make_server(host, port, create_app(mails), threaded=True)

    def start(self) -> None:
        """Answer from now on, until the process ends."""
        Thread(target=self._server.serve_forever, name="mail page", daemon=True).start()


def create_app(mails: Maildir) -> Flask:
    """The application over `mails`."""
    app = Flask(__name__)
    views = _Views(mails)
    app.add_url_rule("/", "list", views.list)
    app.add_url_rule("/mails.json", "json", views.json)
    app.add_url_rule("/mails/<name>", "mail", views.mail)
    app.add_url_rule("/mails/<name>/html", "html", views.html)
    app.add_url_rule("/mails/<name>/source", "source", views.source)
    app.add_url_rule("/healthz", "health", lambda: "ok\n")
    app.after_request(_protected)
    return app


class _Views:
    def __init__(self, mails: Maildir) -> None:
        self._mails = mails

    def list(self) -> str:
        newest = self._mails.headers(MOST_LISTED)
        rows = [_row(name, mail) for name, mail in reversed(newest.items())]
        return render_template("list.html", rows=rows, count=self._mails.count())

    def json(self) -> Response:
        return jsonify([_row(name, mail) for name, mail in self._mails.headers().items()])

    def mail(self, name: str) -> str:
        mail = self._get(name)
        return render_template(
            "mail.html",
            row=_row(name, mail),
            headers=[(field, str(value)) for field, value in mail.items()],
            text=plain_text(mail),
            html=bool(html_text(mail)),
        )

    def html(self, name: str) -> Response:
        shown = html_text(self._get(name))
        if not shown:
            abort(HTTPStatus.NOT_FOUND)
        # Links open beside the page: the frame could not show where they lead.
        answer = Response(f'<base target="_blank">{shown}', mimetype="text/html")
        answer.headers["Content-Security-Policy"] = _THEIRS
        return answer

    def source(self, name: str) -> Response:
        raw = self._mails.raw(name)
        if raw is None:
            abort(HTTPStatus.NOT_FOUND)
        return Response(raw, mimetype="text/plain")

    def _get(self, name: str) -> EmailMessage:
        mail = self._mails.get(name)
        if mail is None:
            abort(HTTPStatus.NOT_FOUND)
        return mail


def _protected(answer: Response) -> Response:
    for name, value in (
        ("Content-Security-Policy", _OURS),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ):
        answer.headers.setdefault(name, value)
    return answer


def _row(name: str, mail: EmailMessage) -> dict[str, Any]:
    fields = {field.lower().replace("-", "_"): str(mail[field] or "") for field in _SHOWN}
    return {"name": name, **fields}


_SHOWN = ("From", "To", "Subject", "Date", "Message-ID")
