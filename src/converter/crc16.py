"""The CRC-16 of the LAME tag: polynomial x^16 + x^15 + x^2 + 1, reflected, starting with 0.

The catalogue of CRCs calls it CRC-16/ARC, libavutil AV_CRC_16_ANSI_LE. libavutil, which PyAV brings
along, computes it with the processor's own instructions; zlib and binascii have other ones only.
"""

import ctypes
from functools import cache
from typing import Final

import av.packet

_CRC_16_ANSI_LE: Final = 5  # AVCRCId of libavutil/crc.h


def crc16(data: bytes, start: int = 0) -> int:
    """The CRC of `data`, which follows what has the CRC `start`."""
    return int(_library().av_crc(_table(), start, data, len(data)))


@cache
def _library() -> ctypes.CDLL:
    # Functions are looked for in what a library is linked with too, so libavutil needs no name.
    library = ctypes.CDLL(av.packet.__file__)
    library.av_crc_get_table.restype = ctypes.c_void_p
    library.av_crc.restype = ctypes.c_uint32
    library.av_crc.argtypes = (
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_char_p,
        ctypes.c_size_t,
    )
    return library


@cache
def _table() -> int:
    """Where libavutil's table for it is."""
    return int(_library().av_crc_get_table(_CRC_16_ANSI_LE))
