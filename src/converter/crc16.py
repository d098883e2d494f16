"""The CRC-16 of the LAME tag: polynomial x^16 + x^15 + x^2 + 1, reflected, starting with 0.

The catalogue of CRCs calls it CRC-16/ARC. zlib and binascii have others only. It is linear, so
that numpy can work on all pieces of the data at once: a piece's remainder, moved over what follows
it, is a product in a table.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL: Final = 0xA001  # reflected
_PIECE_BYTES: Final = 256

_Table = NDArray[np.uint16]


def crc16(data: bytes, start: int = 0) -> int:
    """The CRC of `data`, which follows what has the CRC `start`."""
    whole = len(data) // _PIECE_BYTES * _PIECE_BYTES
    crc = start
    if whole:
        pieces = np.frombuffer(data, np.uint8, whole).reshape(-1, _PIECE_BYTES).T
        table = _byte_table()
        remainders = np.zeros(pieces.shape[1], np.uint16)
        for column in np.ascontiguousarray(pieces):
            remainders = (remainders >> 8) ^ table[(remainders ^ column) & 0xFF]
        over_low, over_high = _piece_tables()
        for remainder in remainders.tolist():
            crc = over_low[crc & 0xFF] ^ over_high[crc >> 8] ^ remainder
    low = _byte_list()
    for byte in data[whole:]:
        crc = crc >> 8 ^ low[(crc ^ byte) & 0xFF]
    return crc


@cache
def _byte_table() -> _Table:
    table = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ _POLYNOMIAL, table >> 1).astype(np.uint16)
    return table


@cache
def _byte_list() -> list[int]:
    return [int(value) for value in _byte_table()]


@cache
def _piece_tables() -> tuple[list[int], list[int]]:
    """What a remainder's low and high byte become when a piece of zeros follows."""
    table = _byte_table()
    moved = np.concatenate([np.arange(256), np.arange(256) << 8]).astype(np.uint16)
    for _ in range(_PIECE_BYTES):
        moved = (moved >> 8) ^ table[moved & 0xFF]
    values = [int(value) for value in moved]
    return values[:256], values[256:]
