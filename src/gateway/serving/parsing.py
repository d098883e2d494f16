"""The requests of a connection, parsed by gunicorn."""

from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser


class UnforwardedRequest(Request):  # type: ignore[misc]  # gunicorn has no types
    """A request of which no proxy may say more than its client did.

    gunicorn would parse the client's address each time to find that out. What a proxy says of the
    client is for werkzeug's ProxyFix to read, see gateway.app.
    """

    def _peer_is_trusted_proxy(self) -> bool:
        return False


class Requests(RequestParser):  # type: ignore[misc]  # gunicorn has no types
    """An iterator over the requests of one connection."""

    mesg_class = UnforwardedRequest
