"""gunicorn's gevent worker, taught to stream slow bodies, to stop in steps, to answer in JSON."""

import socket
from http import HTTPStatus
from types import FrameType, TracebackType
from typing import Any, Final, Self

import gevent
import structlog
from gunicorn.http.message import Request
from gunicorn.http.wsgi import create
from gunicorn.workers.ggevent import GeventWorker

from gateway.serving.answer import Answer
from gateway.serving.body import RequestBody, linger
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

    def timeout_ctx(self) -> "_Waiting":
        """The time for the header of the next request; a connection in it is idle."""
        idle_seconds = self.settings.idle_seconds
        # A connection that is accepted on the way out may speak at once, or not at all.
        seconds = idle_seconds if self.alive else min(idle_seconds, LAST_WORD_SECONDS)
        return _Waiting(self._waiting, seconds)

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        """Serve one connection."""
        # The kernel takes no more than this ahead of a slow client, and so tells slow from stalled.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        super().handle(listener, PatientSocket(fileno=client.detach()), addr)

    def handle_request(
        self, listener_name: Any, req: Request, sock: socket.socket, addr: Any
    ) -> Any:
        """Serve one request with a body that streams."""
        settings = self.settings
        sock.settimeout(settings.stall_seconds)
        req.body = body = RequestBody(req, sock, settings.stall_seconds, settings.least_upload_rate)
        if self.app.draining.is_set():
            body.end_connection()
        greenlet = gevent.getcurrent()
        self._serving[greenlet] = body
        try:
            self._answer(listener_name, req, sock, addr)
        except gevent.GreenletExit:
            raise StopIteration from None
        except TimeoutError:
            log.info("a client took nothing of its answer for too long", client=addr[0])
            raise StopIteration from None
        finally:
            del self._serving[greenlet]
            if not body.ended and not self._cut_off:
                linger(sock)

    def _answer(self, listener_name: Any, req: Request, sock: socket.socket, addr: Any) -> None:
        """Have the application answer; raises StopIteration where the connection is to close."""
        answer, environ = create(req, sock, addr, listener_name, self.cfg, Answer)
        environ["wsgi.multithread"] = True
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
