"""An answer on its way to the client."""

from gunicorn.http.wsgi import Response


class Answer(Response):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's, which sends a body that is there at once together with its header.

    That is one system call instead of two, and the client is woken once.
    """

    headers_sent: bool

    def write(self, data: bytes) -> None:
        """Send a piece of the body, after the header if that is still to be sent."""
        if self.headers_sent or self._omits_body or self.response_length != len(data):
            super().write(data)
            return
        self.sent = len(data)
        lines = [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers)]
        self.headers_sent = True
        self.sock.sendall("".join([*lines, "\r\n"]).encode("latin-1") + data)
