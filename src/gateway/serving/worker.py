"""gunicorn's gevent worker, taught to stream slow bodies, to stop in steps, to answer in JSON."""

import contextlib
import socket
from http import HTTPStatus
from types import FrameType, TracebackType
from typing import Any, Final, Self

import gevent
import structlog
from gunicorn.http.errors import NoMoreData
from gunicorn.http.message import Request
from gunicorn.workers.ggevent import GeventWorker

from gateway.serving.answer import Answer
from gateway.serving.body import RequestBody, linger
from gateway.serving.environ import Environ, environ_of
from gateway.serving.parsing import Requests
from gateway.serving.patient_socket import PatientSocket
from gateway.serving.problems import problem_of_parse_error, write_problem

log = structlog.get_logger(__name__)

UNSENT_BYTES: Final = 128 * 1024
LAST_WORD_SECONDS: Final = 1.0


class StreamingWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Serves each connection in a greenlet.

    Told to stop, it goes on for the drain time while readiness says no; then it accepts no more,
    lets go of idle connections, and gives the requests under way their grace time.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.settings = self.app.settings
        self._waiting: set[gevent.Greenlet] = set()
        self._serving: dict[gevent.Greenlet, RequestBody] = {}
        self._cut_off = False

    def run(self) -> None:
        """Serve until told to stop, then close what the application opened."""
        try:
            super().run()
        finally:
            self.app.close()

    def notify(self) -> None:
        """There is no arbiter to be told that this worker lives."""

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        """Serve one connection, one request after the other."""
        del listener
        # The kernel takes no more than this ahead of a slow client, and so tells slow from stalled.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        connection = PatientSocket(fileno=client.detach())
        requests = Requests(self.cfg, connection, addr)
        try:
            server = connection.getsockname()
            while request := self._next(requests, connection):
                self._serve(server, request, connection, addr)
        except (StopIteration, NoMoreData, ConnectionError):
            log.debug("a connection is over", client=addr[0])
        except OSError:
            log.exception("a connection failed", client=addr[0])
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is answered
            self.handle_error(None, connection, addr, error)
        finally:
            with contextlib.suppress(OSError):
                connection.close()

    def _next(self, requests: Requests, connection: socket.socket) -> Request | None:
        """The next request; None where none came in time. Raises StopIteration at the end."""
        connection.settimeout(None)
        seconds = self.settings.idle_seconds
        # A connection that is accepted on the way out may speak at once, or not at all.
        with _Waiting(self._waiting, seconds if self.alive else min(seconds, LAST_WORD_SECONDS)):
            return next(requests)
        return None

    def _serve(self, server: Any, request: Request, connection: socket.socket, client: Any) -> None:
        """Serve one request with a body that streams; raises StopIteration if it is the last."""
        settings = self.settings
        stall_seconds = settings.stall_seconds
        connection.settimeout(stall_seconds)
        body = RequestBody(request, connection, stall_seconds, settings.least_upload_rate)
        request.body = body
        if self.app.draining.is_set():
            body.end_connection()
        greenlet = gevent.getcurrent()
        self._serving[greenlet] = body
        try:
            self._answer(Answer(request, connection, self.cfg), environ_of(request, server, client))
        except gevent.GreenletExit:
            raise StopIteration from None
        except TimeoutError:
            log.info("a client took nothing of its answer for too long", client=client[0])
            raise StopIteration from None
        finally:
            del self._serving[greenlet]
            if not body.ended and not self._cut_off:
                linger(connection)

    def _answer(self, answer: Answer, environ: Environ) -> None:
        """Have the application answer; raises StopIteration where the connection is to close."""
        if not self.alive:
            answer.force_close()
        try:
            pieces = self.wsgi(environ, answer.start_response)
            try:
                for piece in pieces:
                    answer.write(piece)
                answer.close()
            finally:
                pieces.close()
        except OSError:
            raise
        except Exception:
            if not answer.headers_sent:
                raise
            log.exception("an answer broke off")
            raise StopIteration from None
        if answer.should_close():
            raise StopIteration

    def handle_error(
        self, req: Request | None, client: socket.socket, addr: Any, exc: BaseException
    ) -> None:
        """Answer what could not be parsed, and what broke before there was an answer."""
        del req
        problem = problem_of_parse_error(exc)
        if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request failed", exc_info=exc)
        else:
            log.info("request is malformed", status=problem.status, client=addr[0])
        try:
            client.settimeout(self.settings.stall_seconds)
            write_problem(client, problem)
        except OSError:
            return
        linger(client)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: the first step of stopping."""
        del sig, frame
        if not self.app.draining.is_set():
            self.app.draining.set()
            gevent.spawn(self._stop)

    def _stop(self) -> None:
        log.info("stopping", requests=len(self._serving))
        for body in self._serving.values():
            body.end_connection()
        gevent.sleep(self.settings.drain_seconds)
        self.alive = False
        gevent.killall(list(self._waiting), block=False)
        gevent.sleep(self.settings.grace_seconds)
        log.warning("requests are cut off", requests=len(self._serving))
        self._cut_off = True
        gevent.killall(list(self._serving), block=False)


class _Waiting:
    """A greenlet that waits for a request: a time limit ends it, and so does a worker that stops.

    Both end it quietly: the connection is then closed.
    """

    def __init__(self, waiting: set[gevent.Greenlet], seconds: float) -> None:
        self._waiting = waiting
        self._greenlet = gevent.getcurrent()
        self._timeout = gevent.Timeout(seconds)

    def __enter__(self) -> Self:
        self._waiting.add(self._greenlet)
        self._timeout.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._timeout.close()
        self._waiting.discard(self._greenlet)
        return error is self._timeout or isinstance(error, gevent.GreenletExit)
