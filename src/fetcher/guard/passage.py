"""One request's way through the guard: from what a client asks for to the last byte of it."""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import h11
import structlog

from chassis.errors import UrlNotAllowed
from chassis.link_rules import Host, LinkRules
from fetcher.guard.dialing import Unreachable, dial
from fetcher.guard.limits import GuardLimits
from fetcher.guard.name_resolver import LookupFailed, NameResolver, UnknownHost
from fetcher.guard.refusal import RefusalCode, Refused, unreachable
from fetcher.guard.relay import IdleWatch, exchange, move, reset_at_close
from fetcher.guard.request import CONNECT, ProxyRequest, read_request
from fetcher.guard.response import read_response
from fetcher.guard.session import Session
from fetcher.metrics import GUARD_RECEIVED_BYTES, GUARD_REQUESTS

_ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_RELAYED: Final = "relayed"
_BROKEN: Final = "broken"
_MOST_DROPPED: Final = 64  # pieces of what a client that is refused goes on to send

log = structlog.get_logger(__name__)


class Passage:
    """Serves requests by the rules; `find_session` raises Refused for a user without session."""

    def __init__(
        self,
        rules: LinkRules,
        resolver: NameResolver,
        limits: GuardLimits,
        find_session: Callable[[str | None], Session],
    ) -> None:
        self._rules = rules
        self._resolver = resolver
        self._limits = limits
        self._find_session = find_session

    def serve(self, client: socket.socket) -> None:
        """Answer the one request of `client`, which the caller closes afterwards."""
        outcome = _RELAYED
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = read_request(client, self._limits)
            if request is None:
                return
            session = self._find_session(request.user)
            with session.connection(client):
                self._pass_on(client, request, session)
        except Refused as refused:
            outcome = refused.code.value
            self._answer(client, refused)
        except OSError:  # the client has gone, the session is over, or the site broke off
            outcome = _BROKEN
        GUARD_REQUESTS.labels(outcome).inc()

    def _answer(self, client: socket.socket, refused: Refused) -> None:
        """Say it, and let the client read it: to close before it has sent all would lose that."""
        with suppress(OSError):
            client.settimeout(self._limits.head_seconds)
            client.sendall(refused.answer())
            client.shutdown(socket.SHUT_WR)
            for _ in range(_MOST_DROPPED):
                if not client.recv(self._limits.head_bytes):
                    return

    def _pass_on(self, client: socket.socket, request: ProxyRequest, session: Session) -> None:
        try:
            host, port = request.where()
            site = self._connected(host, port)
        except Refused as refused:
            session.note(refused, request.authority)
            log.info("refused", code=refused.code, to=request.authority, reason=refused.detail)
            raise
        with site, session.connection(site):
            site.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if request.method == CONNECT:
                self._tunnel(client, site, request, session)
            else:
                self._relay(client, site, request.for_site(host, port), request, session)

    def _connected(self, host: Host, port: int) -> socket.socket:
        """A connection to one of the addresses of `host`, all of which are allowed.

        The name is resolved once: what was judged is what is connected to.
        """
        try:
            self._rules.check_host(host, port)
            addresses = self._resolver.addresses(host) if isinstance(host, str) else [host]
            for address in addresses:
                self._rules.check_address(address, port)
            return dial([(address, port) for address in addresses], self._limits.connect_seconds)
        except UrlNotAllowed as error:
            raise Refused(403, RefusalCode.URL_NOT_ALLOWED, error.detail) from error
        except UnknownHost as error:
            raise Refused(502, RefusalCode.UNKNOWN_HOST, "There is no such host.") from error
        except LookupFailed as error:
            raise unreachable("Its name servers do not answer.", in_time=False) from error
        except Unreachable as error:
            raise unreachable("It takes no connection.", in_time=error.in_time) from error

    def _tunnel(
        self, client: socket.socket, site: socket.socket, request: ProxyRequest, session: Session
    ) -> None:
        client.settimeout(self._limits.idle_seconds)
        client.sendall(_ESTABLISHED)
        site.sendall(request.rest)
        exchange(client, site, self._limits.idle_seconds, _counting(session))

    def _relay(
        self,
        client: socket.socket,
        site: socket.socket,
        for_site: h11.Request,
        request: ProxyRequest,
        session: Session,
    ) -> None:
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=self._limits.head_bytes)
        watch = IdleWatch(self._limits.idle_seconds)
        body = request.rest[: request.content_length]
        try:
            site.settimeout(self._limits.idle_seconds)
            site.sendall((connection.send(for_site) or b"") + body)
            move(client, site, watch, lambda _: None, limit=request.content_length - len(body))
        except OSError as error:
            raise unreachable("The site broke off before it answered.") from error
        response = read_response(site, connection, request.method, self._limits)
        count = _counting(session)
        count(len(response.head) + len(response.rest))
        client.settimeout(self._limits.idle_seconds)
        client.sendall(response.head + response.rest)
        left = None if response.length is None else response.length - len(response.rest)
        try:
            move(site, client, watch, count, limit=left)
        except OSError:
            if response.length is None and not response.in_chunks:
                reset_at_close(client)
            raise


def _counting(session: Session) -> Callable[[int], None]:
    def count(received: int) -> None:
        session.received(received)
        GUARD_RECEIVED_BYTES.inc(received)

    return count
