"""Whether a file is as long as its own outermost structure says.

A file that was cut off while it was copied or recorded often plays without any error up to the
cut. Its outermost boxes, elements or chunks give it away: the last one ends after the file does.
Sources: ISO/IEC 14496-12 4.2 (boxes), RFC 8794 and RFC 9559 (EBML, Matroska), Microsoft's RIFF and
ASF specifications.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from converter.ports import SourceReader


class Completeness(Enum):
    """What a file's structure says of its length."""

    WHOLE = auto()
    CUT = auto()
    UNKNOWN = auto()


Part = tuple[bytes, int]
"""What an outermost part is, and the offset at which it ends."""

_MAX_PARTS: Final = 100_000  # a day of fragments of one second, with their boxes

_BOX_HEADER_BYTES: Final = 8
_LONG_BOX: Final = (1).to_bytes(4)  # its size, too long for four bytes, stands behind its type
_BOX_TYPES: Final = frozenset(
    b"ftyp styp moov moof mdat mfra free skip wide uuid sidx ssix prft emsg meta pnot udta".split()
)
_FRAGMENT: Final = b"moof"
_RIFF_HEADER_BYTES: Final = 12
_RIFF_FORMS: Final = frozenset({b"AVI ", b"AVIX", b"WAVE"})
_RIFF_SIZE_UNKNOWN: Final = frozenset({0, 0xFFFFFFFF})  # never filled in, or too long for the field
_RIFF_SLACK: Final = 1024  # writers disagree about what the size counts
_ASF_HEADER: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_DATA: Final = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_ASF_OBJECT_BYTES: Final = 24
_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_ELEMENT_BYTES: Final = 12  # an id of four bytes and the longest size (RFC 8794 6.2)
_MAX_SIZE_BYTES: Final = 8
_SIGNATURES: Final = (_EBML, _ASF_HEADER[:4], b"OggS", b"fLaC", b"FLV\x01")


class BoxTrail:
    """The outermost boxes of a file, followed while it is read in order, not to be read anew.

    A file in fragments has so many of them that looking at each means reading all of it.
    """

    def __init__(self) -> None:
        self.offset = 0
        self.kinds: set[bytes] = set()

    def follow(self, position: int, data: bytes) -> None:
        """Take note of the boxes that begin in `data`, which is what stands at `position`."""
        while 0 <= self.offset - position <= len(data) - 2 * _BOX_HEADER_BYTES:
            start = self.offset - position
            part = _box_of(data[start : start + 2 * _BOX_HEADER_BYTES], self.offset)
            if part is None:
                return
            kind, self.offset = part
            self.kinds.add(kind)


def is_in_boxes(source: SourceReader) -> bool:
    """Whether the file begins like one of ISO's (MP4, MOV)."""
    return _bytes(source, 0, _BOX_HEADER_BYTES)[4:8] in _BOX_TYPES


def completeness(source: SourceReader, trail: BoxTrail | None = None) -> Completeness:
    """Whether the file was cut off; UNKNOWN where its format does not tell.

    Reads a few bytes of each outermost part that `trail` has not passed. A file that ends exactly
    behind one of them is cut if the media, or the index that is written last, do not follow.
    """
    start = _bytes(source, 0, len(_ASF_HEADER))
    if start[4:8] in _BOX_TYPES:
        return _walk(source, _box, required=frozenset({b"moov", b"mdat"}), trail=trail)
    if start.startswith(_EBML):
        return _matroska(source)
    if start.startswith(b"RIFF"):
        return _walk(source, _riff_chunk, slack=_RIFF_SLACK)
    if start == _ASF_HEADER:
        return _walk(source, _asf_object, required=frozenset({_ASF_DATA}))
    return Completeness.UNKNOWN


def has_signature(source: SourceReader) -> bool:
    """Whether the file at least begins like one of the usual containers."""
    start = _bytes(source, 0, _RIFF_HEADER_BYTES)
    is_riff = start.startswith(b"RIFF") and start[8:] in _RIFF_FORMS
    return is_riff or start[4:8] in _BOX_TYPES or start.startswith(_SIGNATURES)


def _bytes(source: SourceReader, offset: int, length: int) -> bytes:
    found = b""
    while len(found) < length:
        piece = source.read_at(offset + len(found), length - len(found))
        if not piece:
            break
        found += piece
    return found


def _walk(
    source: SourceReader,
    part_at: Callable[[SourceReader, int], Part | None],
    required: frozenset[bytes] = frozenset(),
    slack: int = 0,
    trail: BoxTrail | None = None,
) -> Completeness:
    """Go from part to part; `part_at` gives None for what is no part of that format."""
    offset, kinds = (trail.offset, set(trail.kinds)) if trail else (0, set[bytes]())
    if offset > source.size + slack:
        return Completeness.CUT
    for _ in range(_MAX_PARTS):
        if offset >= source.size:
            return Completeness.WHOLE if required <= kinds else Completeness.CUT
        part = part_at(source, offset)
        if part is None:
            # Behind fragments that have no common index, it is where the next one should be.
            return Completeness.CUT if _FRAGMENT in kinds else Completeness.UNKNOWN
        kind, end = part
        if end > source.size + slack:
            return Completeness.CUT
        kinds.add(kind)
        offset = end
    return Completeness.UNKNOWN


def _cut_part(source: SourceReader) -> Part:
    return b"", source.size + _RIFF_SLACK + 1


def _box(source: SourceReader, offset: int) -> Part | None:
    header = _bytes(source, offset, 2 * _BOX_HEADER_BYTES)
    if len(header) < _BOX_HEADER_BYTES or (
        header.startswith(_LONG_BOX) and len(header) < 2 * _BOX_HEADER_BYTES
    ):
        return _cut_part(source)
    return _box_of(header, offset)


def _box_of(header: bytes, offset: int) -> Part | None:
    kind = header[4:8]
    size = int.from_bytes(header[:4])
    if header.startswith(_LONG_BOX):
        size = int.from_bytes(header[_BOX_HEADER_BYTES:])
    if kind not in _BOX_TYPES or size < _BOX_HEADER_BYTES:
        return None  # size 0 is up to the end of the file, wherever that is
    return kind, offset + size


def _riff_chunk(source: SourceReader, offset: int) -> Part | None:
    header = _bytes(source, offset, _RIFF_HEADER_BYTES)
    size = int.from_bytes(header[4:8], "little")
    if header[:4] != b"RIFF" or header[8:] not in _RIFF_FORMS or size in _RIFF_SIZE_UNKNOWN:
        return None
    return b"RIFF", offset + 8 + size


def _asf_object(source: SourceReader, offset: int) -> Part | None:
    header = _bytes(source, offset, _ASF_OBJECT_BYTES)
    if len(header) < _ASF_OBJECT_BYTES:
        return _cut_part(source)
    size = int.from_bytes(header[16:], "little")
    return (header[:16], offset + size) if size >= _ASF_OBJECT_BYTES else None


def _matroska(source: SourceReader) -> Completeness:
    header_end = _element_end(_bytes(source, 0, _ELEMENT_BYTES), 0)
    if header_end is None:
        return Completeness.UNKNOWN
    segment = _bytes(source, header_end, _ELEMENT_BYTES)
    if len(segment) < _ELEMENT_BYTES:
        return Completeness.CUT
    segment_end = _element_end(segment, header_end) if segment.startswith(_SEGMENT) else None
    if segment_end is None:
        return Completeness.UNKNOWN
    return Completeness.CUT if segment_end > source.size else Completeness.WHOLE


def _element_end(start: bytes, offset: int) -> int | None:
    """Where the element at `offset` ends, its id being four bytes long; None if it does not say."""
    if len(start) < _ELEMENT_BYTES:
        return None
    width = 9 - start[4].bit_length()
    if width > _MAX_SIZE_BYTES:
        return None
    unknown = (1 << (7 * width)) - 1
    size = int.from_bytes(start[4 : 4 + width]) & unknown
    return None if size == unknown else offset + 4 + width + size
