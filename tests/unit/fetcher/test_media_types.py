"""What an answer is, by its first bytes and its Content-Type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetcher.media_types import SNIFFED_BYTES, Nature, recognize

BINARY = "application/octet-stream"


@pytest.mark.parametrize(
    ("start", "declared", "content_type"),
    [
        (b"\x00\x00\x00\x20ftypisom", "video/mp4", "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A ", BINARY, "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4; codecs=x", "audio/mp4"),
        (b"\x1aE\xdf\xa3", "text/html", "video/x-matroska"),
        (b"OggS\x00", None, "application/ogg"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None, "audio/wav"),
        (b"ID3\x04", None, "audio/mpeg"),
        (b"\xff\xfb\x90\x00", None, "audio/mpeg"),
        (b"\xff\xf1\x50\x80", None, "audio/aac"),
        ((b"\x47" + bytes(187)) * 3, BINARY, "video/mp2t"),
        (bytes(4) + (b"\x47" + bytes(191)) * 3, BINARY, "video/mp2t"),
        (b"\x01\x02\x03\x04 of a format that nobody knows", "video/x-new", "video/x-new"),
    ],
)
def test_media_is_media_whatever_it_is_called(
    start: bytes, declared: str | None, content_type: str
) -> None:
    """Its first bytes say what it is; its type stays where it is one of media."""
    found = recognize(start, declared)
    assert (found.nature, found.content_type) == (Nature.MEDIA, content_type)


@pytest.mark.parametrize(
    ("start", "declared"),
    [
        (b"<!DOCTYPE html><title>A page</title>", "text/html"),
        (b"\xef\xbb\xbf\n  <html>", "video/mp4"),
        (b'<?xml version="1.0"?><MPD>', "application/dash+xml"),
        (b"<!-- a remark --><html>", None),
        (b"#EXTM3U\n#EXT-X-VERSION:3", "application/vnd.apple.mpegurl"),
        (b"#EXTM3U\n", "audio/mpegurl"),
    ],
)
def test_pages_and_manifests_go_to_the_extractors(start: bytes, declared: str | None) -> None:
    """Also where the server calls them a video."""
    assert recognize(start, declared).nature is Nature.PAGE


@pytest.mark.parametrize(
    ("start", "declared"),
    [
        (b"", "video/mp4"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "video/mp4"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x20ftypavif", "image/avif"),
        (b"PK\x03\x04", "application/zip"),
        (b"%PDF-1.7", "application/pdf"),
        (b'{"a": 1}', "application/json"),
        ("Just Grüße".encode(), "text/plain"),
        (b"plain words", "video/mp4"),
        (b"\x01\x02\x03\x04 of a format that nobody knows", BINARY),
        (b"\x01\x02\x03\x04 of a format that nobody knows", None),
    ],
)
def test_anything_else_is_no_media(start: bytes, declared: str | None) -> None:
    """Pictures, texts, archives, and what neither its bytes nor its type tell."""
    assert recognize(start, declared).nature is Nature.OTHER


def test_a_text_may_be_cut_within_a_character() -> None:
    """The first bytes of a longer text are text."""
    start = ("a" + "ü" * SNIFFED_BYTES).encode()[:SNIFFED_BYTES]
    assert recognize(start, "video/mp4").nature is Nature.OTHER


@given(start=st.binary(max_size=64), declared=st.none() | st.text(max_size=20))
def test_nothing_surprises_it(start: bytes, declared: str | None) -> None:
    """Whatever comes is one of the three, and media has a type."""
    found = recognize(start, declared)
    assert bool(found.content_type) == (found.nature is Nature.MEDIA)
