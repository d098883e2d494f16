"""A small name server on loopback: it answers as a test tells it, each time anew."""

import socketserver
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from devstack.ports import LOOPBACK

Answer = list[str] | None
"""Addresses, or CNAMEs that end in a dot; None: no answer at all."""


class NameServer:
    """Answers with what `names` has for a name: how often it was asked for that kind is given.

    A name that is not there does not exist. Answers are not to be kept (TTL 0).
    """

    def __init__(self, port: int, names: dict[str, Callable[[int], Answer]]) -> None:
        self.port = port
        self.names = names
        self.asked: Counter[tuple[str, str]] = Counter()

    def reply(self, question: bytes) -> bytes | None:
        """The response to a question, as bytes on the wire."""
        asked = dns.message.from_wire(question)
        name = asked.question[0].name.to_text(omit_final_dot=True)
        kind = asked.question[0].rdtype
        response = dns.message.make_response(asked)
        response.flags |= dns.flags.RA
        times = self.asked[name, kind.name]
        self.asked[name, kind.name] += 1
        if name not in self.names:
            response.set_rcode(dns.rcode.NXDOMAIN)
            return response.to_wire()
        values = self.names[name](times)
        if values is None:
            return None
        for value in values:
            self._add(response, name, kind, value)
        return response.to_wire()

    def _add(
        self, response: dns.message.Message, name: str, kind: dns.rdatatype.RdataType, value: str
    ) -> None:
        if value.endswith("."):
            response.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", "CNAME", value))
            for end in self.names[value.removesuffix(".")](0) or []:
                self._add(response, value.removesuffix("."), kind, end)
        elif kind.name == ("AAAA" if ":" in value else "A"):
            response.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", kind, value))


@contextmanager
def name_server() -> Iterator[NameServer]:
    """A name server that runs, and knows no names yet."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            question, connection = self.request
            reply = served.reply(question)
            if reply is not None:
                connection.sendto(reply, self.client_address)

    with socketserver.ThreadingUDPServer((LOOPBACK, 0), Handler) as server:
        served = NameServer(server.server_address[1], {})
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield served
        server.shutdown()
        thread.join()
