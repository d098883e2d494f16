"""A connection to a client who may be slow, but not stalled."""

from gevent import socket


class PatientSocket(socket.socket):  # type: ignore[misc]  # gevent's sockets have no types
    """gevent's socket, whose timeout is for each part that the client takes, not for all of it.

    So the pieces of an answer can be large, which is fast, and a slow client gets it all the same.
    """

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Send all; raises TimeoutError once the client takes nothing for the socket's timeout."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest, flags) :]
