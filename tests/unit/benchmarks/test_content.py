"""What is uploaded: the file's bytes, then a tail of its own."""

import socket
from pathlib import Path
from threading import Thread

import pytest

from benchmarks.content import PACED_BYTES, Content


@pytest.mark.parametrize("rate", [None, 1e9])
def test_the_whole_file_and_its_tail_are_sent(tmp_path: Path, rate: float | None) -> None:
    """At once or paced, with nothing missing and nothing twice."""
    path = tmp_path / "film.mkv"
    path.write_bytes(bytes(range(256)) * (PACED_BYTES // 100))
    content = Content.unique(path)
    received = bytearray()
    ours, theirs = socket.socketpair()

    def receive() -> None:
        while data := theirs.recv(65_536):
            received.extend(data)

    thread = Thread(target=receive)
    thread.start()
    with ours:
        content.send(ours, rate)
    thread.join()
    theirs.close()
    assert bytes(received) == path.read_bytes() + content.tail
    assert len(received) == content.size


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4"])
def test_no_two_contents_are_the_same(tmp_path: Path, name: str) -> None:
    """Each has a tail of its own, which says its own length to a demuxer that passes over it."""
    path = tmp_path / name
    path.write_bytes(b"film")
    first, second = Content.unique(path), Content.unique(path)
    assert first.tail != second.tail
    head = {"film.mkv": b"\xec\x90", "film.mp4": b"\x00\x00\x00\x18free"}[name]
    assert first.tail.startswith(head)
    assert len(first.tail) == len(head) + 16
