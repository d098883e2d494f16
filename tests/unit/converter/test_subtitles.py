"""What subtitles say, without their markup."""

from types import SimpleNamespace
from typing import cast

import pytest
from av.stream import Stream
from hypothesis import given
from hypothesis import strategies as st

from converter.subtitles import subtitle_text

FORMATS = ("ass", "mov_text", "subrip", "text", "webvtt")


def track(kind: str) -> Stream:
    codec = SimpleNamespace(canonical_name=kind)
    return cast(Stream, SimpleNamespace(codec_context=SimpleNamespace(codec=codec)))


def ass(text: str) -> bytes:
    return f"0,0,Default,,0,0,0,,{text}".encode()


@pytest.mark.parametrize(
    ("kind", "packet", "text"),
    [
        ("subrip", "<i>Привет</i>,\r\n<font color=red>мир</font>".encode(), "Привет,\nмир"),
        ("subrip", b"{\\an8}1 < 2 > 0", "1 < 2 > 0"),
        ("subrip", b"{kept}", "{kept}"),
        ("webvtt", b"<v Ann>Tom &amp; <c.red>Jerry</c></v>", "Tom & Jerry"),
        ("webvtt", b"<00:00:01.000>sung", "sung"),
        ("mov_text", b"\0\x05Hello\0\0\0\x0cstyl....", "Hello"),
        ("mov_text", b"\0\x06\xfe\xff\x04\x1f\x04\x40", "Пр"),
        ("mov_text", b"\0\0", ""),
        ("ass", ass("{\\i1}a{\\i0},{\\pos(1,2)} b\\Nc\\nd\\he"), "a, b\nc\nd e"),
        ("ass", ass("{\\p1}m 0 0 l 100 0 100 100"), ""),
        ("ass", b"0,0,Default", ""),
        ("text", "مرحبا\u202e 🎻".encode(), "مرحبا 🎻"),
        ("text", b"x" * 100_000, "x" * 500),
    ],
)
def test_the_text_alone(kind: str, packet: bytes, text: str) -> None:
    """Lines stay, styles and places on the screen do not."""
    assert subtitle_text(track(kind), packet) == text


@given(st.sampled_from(FORMATS), st.binary(max_size=200))
def test_any_bytes(kind: str, packet: bytes) -> None:
    """Broken subtitles are text that can be shown, or none."""
    text = subtitle_text(track(kind), packet)
    assert "\0" not in text
    text.encode()
