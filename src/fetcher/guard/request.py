"""What a client of the guard asks for: one request, read strictly, and written anew for the site.

Source: RFC 9110, section 7 (hop-by-hop fields, CONNECT), RFC 9112 (absolute form); parsed by h11.
"""

import base64
import binascii
import re
import socket
from dataclasses import dataclass
from time import monotonic
from typing import Final

import h11

from chassis.errors import InvalidUrl, UrlNotAllowed
from chassis.link_hosts import split_authority
from chassis.link_rules import Host
from chassis.link_url import written_host
from fetcher.guard.limits import GuardLimits
from fetcher.guard.refusal import RefusalCode, Refused, bad_request

CONNECT: Final = "CONNECT"

_METHODS: Final = frozenset({CONNECT, "GET", "HEAD", "POST"})
_ABSOLUTE: Final = re.compile(r"(?i:http)://(?P<authority>[^/?]+)(?P<rest>[^#]*)")
_WITH_PORT: Final = re.compile(r".+:[0-9]+")
_HTTP_PORT: Final = 80
_RECEIVED: Final = 8 * 1024  # at once: a head may be so much larger than its limit

HOP_BY_HOP: Final = frozenset(
    {
        *(b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"),
        *(b"proxy-connection", b"proxy-authorization", b"proxy-authenticate"),
        *(b"proxy-authentication-info", b"http2-settings"),
    }
)
"""Fields that are for the next on the way alone, and never handed on."""

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """A request: `target` is that for the site, `headers` are those to hand on.

    `user` is who the client says it is, in Proxy-Authorization; `rest` what came after the head;
    `content_length` the size of the body of which `rest` is the beginning.
    """

    method: str
    authority: str
    target: str
    headers: Headers
    user: str | None
    content_length: int
    rest: bytes

    def where(self) -> tuple[Host, int]:
        """The host and port that it is for; raises Refused."""
        try:
            return split_authority(self.authority, _HTTP_PORT)
        except (InvalidUrl, UrlNotAllowed) as error:
            raise Refused(403, RefusalCode.URL_NOT_ALLOWED, error.detail) from error

    def for_site(self, host: Host, port: int) -> h11.Request:
        """The request that the site gets: the only one on its connection."""
        written = written_host(host)
        named = written if port == _HTTP_PORT else f"{written}:{port}"
        headers = [(b"Host", named.encode()), *self.headers, (b"Connection", b"close")]
        return h11.Request(method=self.method, target=self.target, headers=headers)


def read_request(client: socket.socket, limits: GuardLimits) -> ProxyRequest | None:
    """The request that comes, or None where the client goes without one; raises Refused."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
    deadline = monotonic() + limits.head_seconds
    try:
        event = connection.next_event()
        while event is h11.NEED_DATA:
            client.settimeout(max(deadline - monotonic(), 0.001))
            connection.receive_data(client.recv(_RECEIVED))
            event = connection.next_event()
    except TimeoutError as error:
        raise bad_request("The request did not come in time.", 408) from error
    except h11.RemoteProtocolError as error:
        raise bad_request(f"This is no HTTP request: {error}.", error.error_status_hint) from error
    if not isinstance(event, h11.Request):
        return None
    return _parsed(event, connection.trailing_data[0])


def _parsed(request: h11.Request, rest: bytes) -> ProxyRequest:
    method = request.method.decode()
    if request.http_version != b"1.1" and method != CONNECT:
        raise bad_request("Only HTTP/1.1 is spoken here.", 505)
    target = request.target.decode()
    if method not in _METHODS:
        raise bad_request(f"The method {method} is not taken.", 405)
    if method == CONNECT:
        authority, path = target, ""
        if not _WITH_PORT.fullmatch(target):
            raise bad_request("CONNECT needs a host and a port.")
    else:
        found = _ABSOLUTE.fullmatch(target)
        if found is None:
            raise bad_request("The target is to be a whole http:// URL.")
        authority, path = found["authority"], found["rest"]
    length = _content_length(request)
    if length and method != "POST":
        raise bad_request(f"{method} is not taken with a body.")
    return ProxyRequest(
        method=method,
        authority=authority,
        target=path if path.startswith("/") else f"/{path}",
        headers=end_to_end(request, also=frozenset({b"host", b"expect"})),
        user=_user(request),
        content_length=length,
        rest=rest,
    )


def end_to_end(
    message: h11.Request | h11.Response, also: frozenset[bytes] = frozenset()
) -> Headers:
    """The fields of `message` to hand on: none that is for this connection alone, nor `also`."""
    named = {
        option.strip().lower()
        for name, value in message.headers
        if name == b"connection"
        for option in value.split(b",")
    }
    left_out = HOP_BY_HOP | also | named
    return [
        (raw, value)
        for (raw, value), (name, _) in zip(
            message.headers.raw_items(), message.headers, strict=True
        )
        if name not in left_out
    ]


def _content_length(request: h11.Request) -> int:
    fields = dict(request.headers)
    if b"transfer-encoding" in fields:
        raise bad_request("A body needs its Content-Length here.", 411)
    if b"expect" in fields:
        raise bad_request("Nothing is expected here: send the body at once.", 417)
    return int(fields.get(b"content-length", b"0"))


def _user(request: h11.Request) -> str | None:
    """The name in Basic credentials (RFC 7617); None where there are none."""
    for name, value in request.headers:
        scheme, _, credentials = value.partition(b" ")
        if name == b"proxy-authorization" and scheme.lower() == b"basic":
            try:
                return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                return None
    return None
