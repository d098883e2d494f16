"""Engines that do what a taken-over or broken one might do, for a box under test."""

import ctypes
import json
import mmap
import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

import numpy as np

from chassis.jobs import ResultPart
from chassis.options import Cover
from chassis.sources import MediaFacts
from converter import wire
from converter.box_child import WRITE_TO, ShownSource
from converter.conversion import Conversion, Mp3Facts
from converter.engine import convert
from converter.mp3_writer import Output
from converter.pictures import Picture
from converter.ports import SourceReader
from converter.request import Request
from converter.wire import Kind

_PR_GET_NO_NEW_PRIVS = 39


def _facts(title: str = "") -> Conversion:
    return Conversion(
        MediaFacts("x", "x", 1, 8000, 1.0, title), Mp3Facts(1.0, 1, 8000, 1, "VBR V2")
    )


def well_behaved(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Copies."""
    offset = 0
    while data := source.read_at(offset, 1000):
        output.write(data)
        offset += len(data)
    output.rewrite(0, b"start")
    return _facts(request.name)


def hang(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Waits, for ever."""
    output.write(b"something")
    while True:
        time.sleep(1)


def spin(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Computes, for ever."""
    while True:
        pass


def chatter(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Shows progress, for ever."""
    while True:
        output.progress(0.5)


def drip(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Sends one message, byte by byte, for ever."""
    os.write(WRITE_TO, wire.HEADER.pack(Kind.WRITE, 1 << 20))
    while True:
        os.write(WRITE_TO, b"x")
        time.sleep(0.01)


def flood(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Writes an MP3 without end."""
    while True:
        output.write(bytes(1 << 20))


def eat_memory(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Takes memory until there is none."""
    eaten = []
    while True:
        eaten.append(b"x" * (8 << 20))


def ask_for_too_much(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Asks for more memory at once than there is."""
    bytearray(1 << 40)
    return _facts()


def crash(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Reads where there is no memory."""
    ctypes.string_at(0)
    return _facts()


def leave(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Goes without a word."""
    os._exit(3)


def crash_drawing(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Crashes as soon as it draws a cover; copies, if there is none to be drawn."""
    return _drawing(source, output, request, lambda: ctypes.string_at(0))


def hang_drawing(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Waits for ever when it draws a cover."""
    return _drawing(source, output, request, lambda: time.sleep(3600))


def read_drawing(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Reads for ever when it draws a cover."""

    def read() -> None:
        while True:
            source.read_at(0, 1000)
            source.read_at(source.size - 1, 1)

    return _drawing(source, output, request, read)


def fail_drawing(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Has a bug where it draws a cover."""
    return _drawing(source, output, request, lambda: 1 // 0)


def eat_memory_drawing(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Takes all memory when it draws a cover."""
    return _drawing(source, output, request, lambda: eat_memory(source, output, request))


def crash_after_drawing(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Crashes when the cover is done."""
    request.on_drawing(True)
    request.on_drawing(False)
    return crash(source, output, request)


def talk_nonsense_of_drawing(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Says of its cover what cannot be."""
    wire.send(WRITE_TO, Kind.DRAWING, b"\2")
    time.sleep(60)
    return _facts()


def _drawing(
    source: SourceReader, output: Output, request: Request, draw: Callable[[], object]
) -> Conversion:
    if request.options.cover is not Cover.NONE:
        output.write(b"written before, and longer than all that comes")
        request.on_drawing(True)
        draw()
    return well_behaved(source, output, request)


def crash_in_the_picture_decoder(
    source: SourceReader, output: Output, request: Request
) -> Conversion:
    """The real engine, with a decoder for pictures that a picture can crash."""

    def decode(picture: Picture) -> NoReturn:
        ctypes.string_at(0)
        raise AssertionError

    with patch("converter.cover.decode_picture", decode):
        return convert(source, output, request)


def write_zeros(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Writes as many bytes as its source has."""
    for start in range(0, source.size, 1 << 20):
        output.write(bytes(min(1 << 20, source.size - start)))
    return _facts()


def fail(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Has a bug."""
    raise ZeroDivisionError("a bug")


def ignore_signals_and_hang(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Forks, and neither process listens to anybody."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.fork()
    output.write(b"ready")
    while True:
        time.sleep(1)


def peek(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Tries what it must not be able to do, and tells what it could."""
    attempts: dict[str, Callable[[], object]] = {
        "open a file": lambda: Path("/etc/passwd").read_bytes(),
        "write a file": lambda: Path("/tmp/taken").write_bytes(b"x"),
        "open a socket": socket.socket,
        "make a pipe": os.pipe,
        "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    }
    found: dict[str, object] = {"could": []}
    for name, attempt in attempts.items():
        try:
            attempt()
        except (OSError, ValueError):
            continue
        found["could"] = [found["could"], name]
    found["environment"] = sorted(os.environ)
    found["leads its group"] = os.getpgid(0) == os.getpid() == os.getsid(0)
    found["no new privileges"] = ctypes.CDLL(None).prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
    found["descriptors"] = [number for number in range(1024) if _is_open(number)]
    return _facts(json.dumps(found))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def read_behind_the_end(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Asks for bytes that the source does not have."""
    wire.send(WRITE_TO, Kind.READ, wire.READ_REQUEST.pack(1 << 40, 10, 0))
    time.sleep(60)
    return _facts()


def read_too_much(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Asks for more bytes at once than the box gives."""
    wire.send(WRITE_TO, Kind.READ, wire.READ_REQUEST.pack(0, 1 << 31, 0))
    time.sleep(60)
    return _facts()


def read_beside_the_window(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Wants bytes where the window ends."""
    wire.send(WRITE_TO, Kind.READ, wire.READ_REQUEST.pack(0, 10, wire.PLACES))
    time.sleep(60)
    return _facts()


def write_into_the_window(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Changes what the box shows to it, after it has tried to be allowed to."""
    assert isinstance(source, ShownSource)
    source.read_at(0, 10)
    shown = np.frombuffer(source._now.bytes_there, np.uint8)  # noqa: SLF001 - as a stranger would
    page = shown.ctypes.data & -mmap.PAGESIZE
    ctypes.CDLL(None).mprotect(
        ctypes.c_void_p(page), mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_WRITE
    )
    ctypes.memset(shown.ctypes.data, 0, 1)
    return _facts()


def rewrite_unwritten(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Replaces what was never written."""
    output.rewrite(0, b"start")
    return _facts()


def invent_a_part(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Tells of an MP3 behind the end of what it wrote."""
    output.write(bytes(100))
    return replace(_facts(), parts=(ResultPart("x", 50, 51, 1.0),))


def talk_nonsense(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Sends what is no message."""
    os.write(WRITE_TO, b"\xff" * 100)
    time.sleep(60)
    return _facts()


def announce_too_much(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Announces a message of four gigabytes."""
    os.write(WRITE_TO, wire.HEADER.pack(Kind.WRITE, 0xFFFFFFFF))
    time.sleep(60)
    return _facts()


def lie(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Tells facts that are none."""
    wire.send(WRITE_TO, Kind.DONE, b'{"source": {"title": ["x"]}, "mp3": null}')
    time.sleep(60)
    return _facts()


def invent_a_refusal(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Refuses with a code that there is not."""
    wire.send(WRITE_TO, Kind.FAILED, wire.document(permanent=["pwned"], detail="x"))
    time.sleep(60)
    return _facts()
