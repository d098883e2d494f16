"""The body of a request as it arrives, however slowly, and never more of it than has arrived.

gunicorn's own Body fills up each read to its full size, so that a slow client keeps its reader
waiting; it also asks every client for a body that might be refused.
"""

import contextlib
import socket
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Final

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import ChunkMissingTerminator, NoMoreData, ParseException
from gunicorn.http.message import Request

from gateway import refusals
from gateway.serving.pace import Pace
from gateway.serving.watched_socket import WatchedSocket

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
LINGER_SECONDS: Final = 10.0
LINGER_BYTES: Final = 64 << 20
_LINGER_READ: Final = 256 * 1024


class RequestBody:
    """The body of one request, in the place of gunicorn's; see gateway.uploads.Body.

    Until it was read to its end the connection cannot serve another request: `ended` says so.
    """

    failed = False  # gunicorn asks for it before it reads a body to its end, which we never leave

    def __init__(
        self, request: Request, connection: socket.socket, stall_seconds: float, least_rate: int
    ) -> None:
        self._request = request
        self._connection = connection
        self._watched = WatchedSocket(connection, stall_seconds, Pace(least_rate))
        self._must_close = request.must_close
        reader = request.body.reader
        self._chunks = reader.parser if isinstance(reader, ChunkedReader) else None
        self._left = 0 if self._chunks else reader.length
        self._awaits_continue = request._expected_100_continue  # noqa: SLF001 - it offers no other way
        request._expected_100_continue = False  # noqa: SLF001 - sent when the body is wanted
        self.received = 0
        self.ended = self._chunks is None and self._left == 0
        request.must_close = self._must_close or not self.ended

    def pieces(
        self, while_waiting: Callable[[], None], wanted: Callable[[], int]
    ) -> Iterator[bytes]:
        """See gateway.uploads.Body."""
        if self._awaits_continue and not self.ended:
            self._awaits_continue = False
            self._connection.sendall(CONTINUE)
        unreader = self._request.unreader
        unreader.sock, self._watched.while_waiting = self._watched, while_waiting
        try:
            for piece in self._arriving(wanted):
                self.received += len(piece)
                yield piece
        except (NoMoreData, ConnectionError) as error:
            raise refusals.body_incomplete() from error
        except ParseException as error:
            if isinstance(error, ChunkMissingTerminator) and not error.term:
                raise refusals.body_incomplete() from error
            raise refusals.malformed_body() from error
        finally:
            unreader.sock = self._connection
            with contextlib.suppress(OSError):
                self._watched.release()

    def end_connection(self) -> None:
        """Serve no further request on this connection, even if the body is read to its end."""
        self._must_close = self._request.must_close = True

    def read(self, _size: int = -1) -> bytes:
        """Nothing: gunicorn asks once an answer is sent, and then nothing of the body is left."""
        return b""

    def _arriving(self, wanted: Callable[[], int]) -> Iterator[bytes]:
        if self._chunks is not None:
            yield from filter(None, self._chunks)
            self._end()
            return
        while self._left:
            piece = self._buffered() or self._watched.fill(min(self._left, wanted()))
            if not piece:
                raise NoMoreData
            self._left -= len(piece)
            if not self._left:
                self._end()
            yield piece

    def _buffered(self) -> bytes:
        """What came with the header, without what belongs to the next request."""
        unreader = self._request.unreader
        data: bytes = unreader.take_buffered()
        if len(data) > self._left:
            unreader.unread(data[self._left :])
        return data[: self._left]

    def _end(self) -> None:
        self.ended = True
        self._request.must_close = self._must_close


def linger(connection: socket.socket) -> None:
    """Let a client that is still sending read its answer, before the connection closes.

    Closing at once would reset the connection, and the answer could be lost (RFC 9112, 9.6).
    """
    deadline, dropped = monotonic() + LINGER_SECONDS, 0
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while dropped < LINGER_BYTES and (left := deadline - monotonic()) > 0:
            connection.settimeout(left)
            data = connection.recv(_LINGER_READ)
            if not data:
                return
            dropped += len(data)
