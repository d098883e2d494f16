"""What is known of a picture by its first bytes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.pictures import JPEG, PNG, parse_picture

FRAME = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, 1080, 1920, 3) + bytes(9)
EXIF = b"\xff\xe1" + (2 + 100).to_bytes(2) + b"\xff\xc0" * 50
HEADER = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 360) + bytes(9)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + FRAME,
        b"\xff\xd8" + EXIF + FRAME,
        b"\xff\xd8" + EXIF + b"\xff\xff" + FRAME,
        b"\xff\xd8" + EXIF + FRAME.replace(b"\xff\xc0", b"\xff\xc2"),
    ],
)
def test_a_jpeg_tells_its_size(data: bytes) -> None:
    """Whatever stands before its frame header, which may look like one too."""
    picture = parse_picture(data)
    assert picture
    assert (picture.mime, picture.width, picture.height) == (JPEG, 1920, 1080)
    assert not picture.is_cover


def test_a_png_tells_its_size() -> None:
    """It stands at its start."""
    picture = parse_picture(HEADER)
    assert picture
    assert (picture.mime, picture.width, picture.height) == (PNG, 640, 360)
    assert picture.is_cover
    assert not (parse_picture(HEADER + bytes(500_000)) or picture).is_cover


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"\xff\xd8\xff",
        b"\xff\xd8" + EXIF,
        b"\xff\xd8" + FRAME[:8],
        b"\xff\xd8\xff\xda" + FRAME,
        b"\xff\xd8" + FRAME.replace(struct.pack(">H", 1080), bytes(2)),
        HEADER[:20],
        HEADER.replace(b"IHDR", b"IDAT"),
    ],
)
def test_what_is_no_picture_of_these_kinds(data: bytes) -> None:
    """It is no cover."""
    assert parse_picture(data) is None


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Nothing a stranger writes behind a start makes it fail."""
    for start in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"):
        picture = parse_picture(start + data)
        assert picture is None or (picture.width > 0 and picture.height > 0)
