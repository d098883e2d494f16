"""A site's response: its head is read strictly and written anew, its body goes on as it is.

Source: RFC 9110, section 7.6 (forwarding), RFC 9112, section 6 (the body's length); parsed by h11.
"""

import socket
from dataclasses import dataclass
from typing import Final

import h11

from fetcher.guard.limits import GuardLimits
from fetcher.guard.refusal import REFUSAL_HEADER, unreachable
from fetcher.guard.request import Headers, end_to_end

_RECEIVED: Final = 64 * 1024
_WITHOUT_BODY: Final = frozenset({204, 304})
_OURS: Final = frozenset({REFUSAL_HEADER.lower().encode()})


@dataclass(frozen=True, slots=True)
class SiteResponse:
    """`head` is for the client, `rest` what came of the body with it.

    `length` is the whole body's; None: it goes on until the site closes, and if not `in_chunks` the
    client sees by nothing else that it is whole.
    """

    head: bytes
    rest: bytes
    length: int | None
    in_chunks: bool


def read_response(
    site: socket.socket, connection: h11.Connection, method: str, limits: GuardLimits
) -> SiteResponse:
    """The final response to what `connection` has sent, once its head is there; raises Refused."""
    site.settimeout(limits.idle_seconds)
    try:
        event = connection.next_event()
        while event is h11.NEED_DATA or isinstance(event, h11.InformationalResponse):
            if event is h11.NEED_DATA:
                connection.receive_data(site.recv(_RECEIVED))
            event = connection.next_event()
    except TimeoutError as error:
        raise unreachable("The site did not answer in time.", in_time=False) from error
    except (h11.RemoteProtocolError, OSError) as error:
        raise unreachable("The site broke off, or does not speak HTTP.") from error
    if not isinstance(event, h11.Response):
        raise unreachable("The site broke off before it answered.")
    return _written(event, method, connection.trailing_data[0])


def _written(response: h11.Response, method: str, rest: bytes) -> SiteResponse:
    fields = dict(response.headers)
    in_chunks = b"transfer-encoding" in fields
    # RFC 9112, section 6.3: where both are there, the length does not count and goes no further.
    left_out = _OURS | {b"content-length"} if in_chunks else _OURS
    headers = end_to_end(response, also=left_out)
    if in_chunks:
        headers.append((b"Transfer-Encoding", b"chunked"))
    length: int | None = None
    if method == "HEAD" or response.status_code in _WITHOUT_BODY:
        length = 0
    elif not in_chunks and b"content-length" in fields:
        length = int(fields[b"content-length"])
    return SiteResponse(_head(response, headers), rest[:length], length, in_chunks)


def _head(response: h11.Response, headers: Headers) -> bytes:
    lines = [
        b"HTTP/1.1 %d %s" % (response.status_code, response.reason),
        *(name + b": " + value for name, value in headers),
        b"Connection: close",
    ]
    return b"\r\n".join([*lines, b"", b""])
