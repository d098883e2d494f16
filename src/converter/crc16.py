"""The CRC-16 of the LAME tag: polynomial x^16 + x^15 + x^2 + 1, reflected, starting with 0.

The catalogue of CRCs calls it CRC-16/ARC. zlib and binascii have others only. A remainder is as
wide as two bytes, so that it takes one look into a table to go on by two; and it is linear, so that
numpy can work on all pieces of the data at once and put their remainders together.
"""

from array import array
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL: Final = 0xA001  # reflected
_WORD_BYTES: Final = 2
_PIECE_WORDS: Final = 128
_PIECE_BYTES: Final = _WORD_BYTES * _PIECE_WORDS

_Remainders = NDArray[np.uint16]


def crc16(data: bytes, start: int = 0) -> int:
    """The CRC of `data`, which follows what has the CRC `start`; fast from 100 KB on."""
    count = len(data) // _PIECE_BYTES
    crc = start
    if count:
        words = np.frombuffer(data, "<u2", count * _PIECE_WORDS).reshape(count, _PIECE_WORDS)
        table = _word_table()
        remainders = np.zeros(count, np.uint16)
        for column in np.ascontiguousarray(words.T):
            remainders = table[remainders ^ column]
        moved = _moved_table()
        for remainder in remainders.tolist():
            crc = moved[crc] ^ remainder
    bits = _byte_table()
    for byte in data[count * _PIECE_BYTES :]:
        crc = crc >> 8 ^ bits[(crc ^ byte) & 0xFF]
    return crc


@cache
def _word_table() -> _Remainders:
    """Each remainder after two more bytes, which are combined with it already."""
    table = np.arange(1 << 16, dtype=np.uint16)
    for _ in range(8 * _WORD_BYTES):
        table = np.where(table & 1, (table >> 1) ^ _POLYNOMIAL, table >> 1).astype(np.uint16)
    return table


@cache
def _moved_table() -> "array[int]":
    """Each remainder after a piece of zeros.

    No list: a forked process would copy a page of memory for nearly each number that it looks at.
    """
    table = moved = _word_table()
    for _ in range(_PIECE_WORDS - 1):
        moved = table[moved]
    return array("H", moved.tobytes())


@cache
def _byte_table() -> list[int]:
    """Each byte's remainder."""
    table = np.arange(1 << 8, dtype=np.uint16)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ _POLYNOMIAL, table >> 1).astype(np.uint16)
    values: list[int] = table.tolist()
    return values
