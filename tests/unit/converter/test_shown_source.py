"""The source as the process in the box sees it: in memory of both, and a piece ahead."""

import os
import random
from collections.abc import Iterator
from threading import Thread

import pytest

from converter import box_child, wire
from converter.box_child import PipedOutput, ShownSource
from converter.wire import Kind

CHUNK = 100_000
DATA = random.Random(5).randbytes(12 * CHUNK + 7)


class Server:
    """The other side: answers with what is left of a chunk, one message after the other."""

    def __init__(self, reading: int, writing: int) -> None:
        self.window = bytearray(wire.WINDOW_BYTES)
        self.wanted: list[tuple[int, int]] = []
        self.written = bytearray()
        self._reading, self._writing = reading, writing
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                kind, payload = wire.receive(self._reading)
            except EOFError:
                return
            if kind is Kind.READ:
                offset, length, place = wire.parse_read_request(payload, len(DATA))
                self.wanted.append((offset, length))
                end = min(offset + length, (offset // CHUNK + 1) * CHUNK)
                data = DATA[offset:end]
                start = place * wire.MAX_READ_BYTES
                self.window[start : start + len(data)] = data
                wire.send(self._writing, Kind.DATA, wire.LENGTH.pack(len(data)))
            elif kind is Kind.WRITE:
                self.written += payload

    def source(self, size: int | None = len(DATA)) -> ShownSource:
        """What it shows of the source."""
        return ShownSource(memoryview(self.window).toreadonly(), size)

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """One whose pipes are of the usual size: much less than a piece."""
    from_us, to_server = os.pipe()
    from_server, to_us = os.pipe()
    monkeypatch.setattr(box_child, "READ_FROM", from_server)
    monkeypatch.setattr(box_child, "WRITE_TO", to_server)
    served = Server(from_us, to_us)
    yield served
    os.close(to_server)
    served.join()
    for descriptor in (from_us, from_server, to_us):
        os.close(descriptor)


def read_all(source: ShownSource, length: int) -> bytes:
    found = bytearray()
    while piece := source.read_at(len(found), length):
        assert len(piece) <= length
        found += piece
    return bytes(found)


@pytest.mark.parametrize("length", [1000, 30_000, CHUNK, 1 << 20])
def test_reading_in_order_asks_for_each_byte_once(server: Server, length: int) -> None:
    """In whatever steps it is read, each byte is shown once, in large pieces."""
    source = server.source()
    assert read_all(source, length) == DATA
    assert len({offset for offset, _ in server.wanted}) == len(server.wanted) <= 14


def test_the_next_piece_is_asked_for_before_it_is_needed(server: Server) -> None:
    """Where reading went on for some pieces, the box can fetch one ahead."""
    source = server.source()
    for number in range(6):
        source.read_at(number * CHUNK, 10)
    source.settle()
    assert server.wanted[-1][0] == 6 * CHUNK


def test_who_reads_here_and_there_is_given_no_more_than_was_asked_for(server: Server) -> None:
    """Nothing is fetched for a reader that goes on nowhere but what it asked for."""
    source = server.source()
    places = random.Random(6).sample(range(2, len(DATA) - 1000), 200)
    for place in places:
        piece = source.read_at(place, 1000)
        assert piece
        assert DATA.startswith(piece, place)
    assert all(length == 1000 for _, length in server.wanted)


def test_jumps_in_the_midst_of_reading_in_order(server: Server) -> None:
    """Also an answer that was asked for in vain does no harm."""
    source = server.source()
    places = random.Random(7)
    position = 0
    for _ in range(3000):
        if places.random() < 0.01:
            position = places.randrange(len(DATA))
        piece = source.read_at(position, 20_000)
        assert bool(piece) == (position < len(DATA))
        assert DATA.startswith(piece, position)
        position += len(piece)


def test_writing_while_a_piece_is_on_its_way(server: Server) -> None:
    """Neither side waits for the other for ever, however much is written between two reads."""
    source = server.source()
    output = PipedOutput()
    written = bytearray()
    position = 0
    while piece := source.read_at(position, 40_000):
        position += len(piece)
        output.write(piece * 5)
        written += piece * 5
    assert source.read_at(0, 10) == DATA[:10]  # answered behind all that came before
    assert server.written == written
    assert position == len(DATA)


def test_a_video_on_its_way_is_read_as_far_as_was_asked(server: Server) -> None:
    """More than that may not be there yet: nobody waits for what nobody wants."""
    source = server.source(None)
    position = 0
    while position < 8 * CHUNK:
        position += len(source.read_at(position, 10_000))
    assert all(length == 10_000 for _, length in server.wanted)
    assert max(offset for offset, _ in server.wanted) < 8 * CHUNK
