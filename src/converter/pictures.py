"""Pictures as files: what their first bytes tell, and which of them may be the cover of an MP3.

Nothing is decoded here. Sources: ITU-T T.81 B.2 (JPEG), ISO/IEC 15948 11.2.2 (PNG).
"""

import struct
from dataclasses import dataclass
from typing import Final

MAX_SIDE: Final = 1400
"""The longer side of a cover, in pixels."""

MAX_BYTES: Final = 500_000
"""How large a cover's file may be."""

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"

UNREADABLE: Final = "No cover: its picture could not be read."
"""What the owner of an MP3 is told whose cover could not be made."""

_JPEG_START: Final = b"\xff\xd8\xff"
_PNG_START: Final = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER: Final = struct.Struct(">8xI4sII")
_JPEG_FRAME: Final = struct.Struct(">HBHHB")  # length, precision, height, width, components
_JPEG_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive; by Huffman
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN: Final = frozenset({0xD9, 0xDA})


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG or PNG file and its size in pixels, as it says itself."""

    mime: str
    data: bytes
    width: int
    height: int

    @property
    def is_cover(self) -> bool:
        """Whether it may be a cover as it is."""
        return max(self.width, self.height) <= MAX_SIDE and len(self.data) <= MAX_BYTES


def parse_picture(data: bytes) -> Picture | None:
    """The picture that `data` is; None if it is no JPEG and no PNG, or says nothing sound."""
    mime, size = "", None
    if data.startswith(_JPEG_START):
        mime, size = JPEG, _jpeg_size(data)
    elif data.startswith(_PNG_START):
        mime, size = PNG, _png_size(data)
    if size is None or not all(size):
        return None
    return Picture(mime, data, *size)


def _png_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < _PNG_HEADER.size:
        return None
    length, kind, width, height = _PNG_HEADER.unpack_from(data)
    return (width, height) if kind == b"IHDR" and length >= 2 * struct.calcsize("I") else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 2 + _JPEG_FRAME.size <= len(data) and data[position] == _JPEG_START[0]:
        marker = data[position + 1]
        if marker == _JPEG_START[0]:  # a fill byte
            position += 1
        elif marker in _STANDALONE:
            position += 2
        elif marker in _SCAN:
            return None
        elif marker in _JPEG_FRAMES:
            _, _, height, width, _ = _JPEG_FRAME.unpack_from(data, position + 2)
            return width, height
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4])
    return None
