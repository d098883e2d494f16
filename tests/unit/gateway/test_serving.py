"""What gunicorn does for other servers, done here at less cost and to the same effect."""

import socket
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.wsgi import create

from gateway.serving.answer import Answer
from gateway.serving.environ import environ_of
from gateway.serving.parsing import Requests

SERVER, CLIENT = ("127.0.0.1", 8080), ("192.0.2.7", 50_000)


class Connection:
    """Keeps what is sent, each call apart."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.sent.append(data)


def parsed(*lines: bytes) -> Any:
    return next(Requests(Config(), [b"\r\n".join([*lines, b"", b""])], CLIENT))


@pytest.mark.parametrize(
    "lines",
    [
        (b"GET /jobs/a%20b%C3%BC?limit=3&cursor=%41 HTTP/1.1", b"Host: gateway"),
        (
            b"GET / HTTP/1.1",
            b"Host: gateway",
            b"Accept: a",
            b"accept: b",
            b"X-Y: \xfc",
            b"ACCEPT: c",
        ),
        (
            b"PUT /upload HTTP/1.1",
            b"Host: gateway",
            b"Content-Length: 0",
            b"Content-Type: video/mp4",
        ),
        (b"GET / HTTP/1.1", b"Host: gateway", b"Content-Type: a", b"X_Y: dropped", b"X-Y: kept"),
        (b"GET / HTTP/1.1", b"Host: a", b"X-Forwarded-Proto: https", b"X-Forwarded-For: 1.2.3.4"),
        (b"GET / HTTP/1.0",),
    ],
)
def test_the_application_is_told_what_gunicorn_would_tell_it(lines: tuple[bytes, ...]) -> None:
    """But for gunicorn's own additions, the environments are the same."""
    request = parsed(*lines)
    _, theirs = create(request, socket.socket(), CLIENT, SERVER, Config())
    ours = environ_of(request, SERVER, CLIENT)
    additions = {"gunicorn.socket", "wsgi.file_wrapper", "wsgi.early_hints"}
    additions |= {"RAW_URI", "SERVER_SOFTWARE"}
    assert set(theirs) - set(ours) == additions
    theirs["wsgi.multithread"] = True  # as gunicorn's gevent worker sets it
    for name in ours.keys() - {"wsgi.errors"}:
        assert ours[name] == theirs[name], name


def answered(
    request_line: bytes, status: str, headers: list[tuple[str, str]], *pieces: bytes
) -> list[bytes]:
    connection = Connection()
    answer = Answer(parsed(request_line, b"Host: gateway"), connection, Config())
    answer.start_response(status, headers)
    for piece in pieces:
        answer.write(piece)
    answer.close()
    return connection.sent


def test_a_whole_body_leaves_with_its_header() -> None:
    """In one call, with the header that gunicorn sends."""
    headers = [("Content-Type", "text/plain"), ("Content-Length", "5")]
    together = answered(b"GET / HTTP/1.1", "200 OK", headers, b"whole")
    apart = answered(b"GET / HTTP/1.1", "200 OK", headers, b"who", b"le")
    assert len(together) == 1
    assert without_date(b"".join(together)) == without_date(b"".join(apart))
    assert together[0].endswith(b"\r\n\r\nwhole")


@pytest.mark.parametrize(
    ("request_line", "status", "headers"),
    [
        (b"HEAD / HTTP/1.1", "200 OK", [("Content-Length", "4")]),
        (b"GET / HTTP/1.1", "204 No Content", []),
        (b"GET / HTTP/1.1", "304 Not Modified", []),
    ],
)
def test_where_no_body_belongs_none_is_sent(
    request_line: bytes, status: str, headers: list[tuple[str, str]]
) -> None:
    """Whatever the application gives."""
    sent = b"".join(answered(request_line, status, headers, b"body"))
    assert sent.endswith(b"\r\n\r\n")
    assert b"body" not in sent


def test_a_body_of_unknown_length_is_chunked() -> None:
    """Each piece as it comes."""
    sent = b"".join(answered(b"GET / HTTP/1.1", "200 OK", [], b"first", b"second"))
    assert sent.endswith(b"\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n")


def without_date(sent: bytes) -> list[bytes]:
    return [line for line in sent.split(b"\r\n") if not line.startswith(b"Date: ")]
