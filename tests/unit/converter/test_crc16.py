"""The checksum of the LAME tag."""

import pytest

from converter.crc16 import crc16


def slow(data: bytes, crc: int = 0) -> int:
    """By definition, bit by bit."""
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def test_the_check_value() -> None:
    """It is the CRC-16/ARC of the catalogue of CRCs."""
    assert crc16(b"123456789") == 0xBB3D


@pytest.mark.parametrize("length", [0, 1, 255, 256, 257, 511, 512, 5000])
def test_every_length(length: int) -> None:
    """Data of any length has the checksum of the definition, in one piece or in two."""
    data = bytes(7 * number * number % 251 for number in range(length))
    assert crc16(data) == slow(data)
    assert crc16(data[length // 3 :], crc16(data[: length // 3])) == slow(data)
