"""The messages between the box and the process in it, and what is refused of them."""

import os
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter import wire
from converter.wire import Kind, WireError


@given(st.sampled_from(list(Kind)), st.integers(0, 2**32 - 1))
def test_headers_announce_no_more_than_their_kind_may_carry(kind: Kind, length: int) -> None:
    """A header is taken at its word only up to the limit of its kind."""
    header = wire.HEADER.pack(kind, length)
    if length <= wire.MAX_PAYLOAD[kind]:
        assert wire.parse_header(header) == (kind, length)
    else:
        with pytest.raises(WireError):
            wire.parse_header(header)


@given(st.integers(0, 255).filter(lambda number: number not in list(Kind)))
def test_unknown_kinds_are_refused(number: int) -> None:
    """There are no other messages."""
    with pytest.raises(WireError):
        wire.parse_header(wire.HEADER.pack(number, 0))


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**32 - 1) | st.integers(0, wire.MAX_READ_BYTES),
    st.integers(0, 255) | st.integers(0, wire.PLACES),
    st.integers(0, 2**40),
)
def test_read_requests_stay_within_the_source(
    offset: int, length: int, place: int, size: int
) -> None:
    """What is wanted lies within the source and has a place in the window, or it is refused."""
    payload = wire.READ_REQUEST.pack(offset, length, place)
    if offset <= size and 0 < length <= wire.MAX_READ_BYTES and place < wire.PLACES:
        assert wire.parse_read_request(payload, size) == (offset, length, place)
    else:
        with pytest.raises(WireError):
            wire.parse_read_request(payload, size)


@given(st.integers(0, 2**64 - 1), st.integers(1, wire.MAX_READ_BYTES))
def test_a_source_on_its_way_may_be_read_anywhere(offset: int, length: int) -> None:
    """While its size is not known, any offset that a demuxer can count to may be asked for."""
    payload = wire.READ_REQUEST.pack(offset, length, 1)
    if offset < 2**63:
        assert wire.parse_read_request(payload, None) == (offset, length, 1)
    else:
        with pytest.raises(WireError):
            wire.parse_read_request(payload, None)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=50), st.integers(0, 2**40))
def test_only_what_was_written_is_replaced(offset: int, data: bytes, written: int) -> None:
    """A REWRITE lies within what was written, or it is refused."""
    payload = wire.OFFSET.pack(offset) + data
    if offset + len(data) <= written:
        assert wire.parse_rewrite(payload, written) == (offset, data)
    else:
        with pytest.raises(WireError):
            wire.parse_rewrite(payload, written)
    with pytest.raises(WireError):
        wire.parse_rewrite(payload[:7], written)


@given(st.floats())
def test_progress_is_a_fraction(fraction: float) -> None:
    """Progress is from 0 to 1; anything else, not a number too, is refused."""
    payload = wire.PROGRESS_REPORT.pack(fraction)
    if 0 <= fraction <= 1:
        assert wire.parse_progress(payload) == fraction
    else:
        with pytest.raises(WireError):
            wire.parse_progress(payload)


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[]", b"1", b"{", b'"x"', b"null"])
def test_documents_are_json_objects(payload: bytes) -> None:
    """Anything but a JSON object is refused."""
    with pytest.raises(WireError):
        wire.parse_document(payload)


@pytest.mark.parametrize("payload", [b"", b"\2", b"\1\1"])
def test_a_cover_begins_or_is_done(payload: bytes) -> None:
    """Nothing else can be said of it."""
    assert wire.parse_drawing(b"\1")
    assert not wire.parse_drawing(b"\0")
    with pytest.raises(WireError):
        wire.parse_drawing(payload)


@pytest.mark.parametrize("payload", [b"", b"123"])
def test_short_payloads_are_refused(payload: bytes) -> None:
    """Numbers come in full."""
    with pytest.raises(WireError):
        wire.parse_read_request(payload, 100)
    with pytest.raises(WireError):
        wire.parse_progress(payload)


@pytest.mark.parametrize("length", [0, 1, 70_000, 1 << 20])
def test_a_message_arrives_as_it_was_sent(length: int) -> None:
    """Messages larger than a pipe holds arrive whole."""
    reading, writing = os.pipe()
    payload = os.urandom(length)
    sender = Thread(target=wire.send, args=(writing, Kind.WRITE, payload))
    sender.start()
    assert wire.receive(reading) == (Kind.WRITE, payload)
    sender.join()
    os.close(writing)
    with pytest.raises(EOFError):
        wire.receive(reading)
    os.close(reading)
