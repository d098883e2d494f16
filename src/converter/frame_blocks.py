"""Looking at the frames of many packets at once: what holds for nearly all of them, by numpy."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from converter.frames import FrameHeader, parse_header
from converter.xing import TAG_IDS, VBRI_ID, VBRI_OFFSET

_SYNC: Final = 0xFF
_KIND: Final = 0xFFFFC0  # of the three bytes behind it: all but how the two channels are joined
_HEAD_BYTES: Final = 42  # header, CRC, the longest side information, and the name of a tag

_Bytes = NDArray[np.uint8]
_Numbers = NDArray[np.uint32]


def seconds_of_sound(data: bytes, sizes: Sequence[int]) -> float | None:
    """How much sound packets hold, if each is one frame of it and nothing else; None if not.

    `data` is their bytes in one piece; there is at least one of them. What is sound is said by
    converter.frames.is_sound and converter.xing.is_tag_frame. None may also be said of rare
    mixtures in which all is well.
    """
    lengths = np.array(sizes, np.int64)
    heads = _heads(data, np.cumsum(lengths) - lengths)
    if (heads[:, 0] != _SYNC).any():
        return None
    kinds, kind_of = np.unique(_number(heads, 1, 3) & _KIND, return_inverse=True)
    headers = [parse_header(bytes((_SYNC, *int(kind).to_bytes(3)))) for kind in kinds]
    known = [header for header in headers if header is not None]
    if len(known) < len(headers) or len({header.side_fields for header in known}) > 1:
        return None
    if (np.array([header.size for header in known])[kind_of] != lengths).any():
        return None
    if not _is_sound(heads, lengths, known[0]) or _has_tag(heads, known[0]):
        return None
    counts: list[int] = np.bincount(kind_of).tolist()
    return sum(
        count * header.samples / header.sample_rate
        for count, header in zip(counts, known, strict=True)
    )


def _heads(data: bytes, starts: NDArray[np.int64]) -> _Bytes:
    """A row for each frame: its first bytes, and what follows where it has not so many."""
    padded = data + bytes(_HEAD_BYTES)
    anywhere: NDArray[Any] = np.ndarray(
        len(data) + 1, np.dtype((np.void, _HEAD_BYTES)), padded, strides=(1,)
    )
    return anywhere[starts].view(np.uint8).reshape(len(starts), _HEAD_BYTES)


def _number(heads: _Bytes, offset: int, length: int) -> _Numbers:
    """The big-endian number of `length` bytes at `offset` of each row."""
    number = np.zeros(len(heads), np.uint32)
    for column in range(offset, offset + length):
        number = number << np.uint32(8) | heads[:, column]
    return number


def _is_sound(heads: _Bytes, sizes: NDArray[np.int64], header: FrameHeader) -> bool:
    begin, *parts = (_bits(heads, *field) for field in header.side_fields)
    claimed = np.sum(parts, axis=0)
    return bool((claimed <= 8 * (begin.astype(np.int64) + sizes - header.sound_offset)).all())


def _bits(heads: _Bytes, first: int, count: int) -> _Numbers:
    """The number that the `count` bits from bit `first` of each row are, 12 or fewer."""
    offset, skipped = divmod(first, 8)
    right = 24 - skipped - count
    return _number(heads, offset, 3) >> np.uint32(right) & np.uint32((1 << count) - 1)


def _has_tag(heads: _Bytes, header: FrameHeader) -> bool:
    """Whether any of them may be a tag: where frames are short, the next one's bytes count too."""
    names = _number(heads, header.sound_offset, 4)
    ids = [int.from_bytes(name) for name in TAG_IDS]
    vbri = _number(heads, VBRI_OFFSET, 4) == int.from_bytes(VBRI_ID)
    return bool(np.isin(names, ids).any() or vbri.any())
