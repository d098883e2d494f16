"""A ZIP whose members are stored as they are, written in one pass and filled in afterwards.

Source: PKWARE's APPNOTE.TXT 6.3.10 (4.3.7 local file header, 4.3.12 central directory, 4.3.16 its
end). Names are UTF-8 (general purpose bit 11), times are the format's first, so that the same
members give the same file.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from chassis.errors import Permanent
from converter.mp3_writer import Mp3Output

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_SUMS: Final = struct.Struct("<3I")
_SUMS_OFFSET: Final = 14  # of the CRC and both sizes in a local file header
_VERSION: Final = 20
_MADE_ON_UNIX: Final = 3 << 8 | _VERSION
_UTF8: Final = 1 << 11
_STORED: Final = 0
_MIDNIGHT, _FIRST_DAY = 0, 1 << 5 | 1  # 1 January 1980
_PLAIN_FILE: Final = 0o100644 << 16
_MOST: Final = 0xFFFF_FFFF  # more needs ZIP64, which MP3s of a day do not
_ZEROS: Final = bytes(1 << 20)


@dataclass(frozen=True, slots=True)
class Stored:
    """A member as it stands in the ZIP: where its bytes begin, how many they are, their CRC-32."""

    offset: int
    size: int
    crc: int


class Member:
    """One file on its way into the ZIP; bytes of its first write can be replaced."""

    def __init__(self, zip_file: "ZipWriter", offset: int) -> None:
        self._zip = zip_file
        self._offset = offset
        self._head = bytearray()
        self._rest_crc = 0
        self._rest_size = 0

    def write(self, data: bytes) -> None:
        """See Mp3Output."""
        if not self._head:
            self._head += data
        else:
            self._rest_crc = zlib.crc32(data, self._rest_crc)
            self._rest_size += len(data)
        self._zip.append(data)

    def rewrite(self, offset: int, data: bytes) -> None:
        """See Mp3Output."""
        if offset + len(data) > len(self._head):
            raise ValueError("only what was written first can be replaced")
        self._head[offset : offset + len(data)] = data
        self._zip.replace(self._offset + offset, data)

    def progress(self, fraction: float) -> None:
        """See Mp3Output."""
        self._zip.progress(fraction)

    def stored(self) -> Stored:
        """What became of it, once it is whole."""
        crc = joined_crc(zlib.crc32(self._head), self._rest_crc, self._rest_size)
        return Stored(self._offset, len(self._head) + self._rest_size, crc)


class ZipWriter:
    """A ZIP on its way to `output`, one member after the other."""

    def __init__(self, output: Mp3Output) -> None:
        self._output = output
        self._size = 0
        self._directory = bytearray()
        self._count = 0
        self._shown = 0.0
        self._begun: tuple[Member, bytes, int] | None = None

    def begin(self, name: str) -> Member:
        """The next member; nothing may be written to the one before any more."""
        encoded = name.encode()
        place = self._size
        self.append(_LOCAL.pack(b"PK\x03\x04", *_common(), 0, 0, 0, len(encoded), 0) + encoded)
        member = Member(self, self._size)
        self._begun = member, encoded, place
        return member

    def end(self) -> Stored:
        """The member that was begun is whole; raises Permanent where the ZIP becomes too large."""
        assert self._begun is not None
        member, name, place = self._begun
        self._begun = None
        stored = member.stored()
        if self._size > _MOST:
            raise Permanent("too_long", "The MP3s of all chapters are more than a ZIP can hold.")
        self.replace(place + _SUMS_OFFSET, _SUMS.pack(stored.crc, stored.size, stored.size))
        sums = (stored.crc, stored.size, stored.size, len(name))
        self._directory += _CENTRAL.pack(
            b"PK\x01\x02", _MADE_ON_UNIX, *_common(), *sums, 0, 0, 0, 0, _PLAIN_FILE, place
        )
        self._directory += name
        self._count += 1
        return stored

    def finish(self) -> None:
        """Write the central directory."""
        place = self._size
        end = _END.pack(
            b"PK\x05\x06", 0, 0, self._count, self._count, len(self._directory), place, 0
        )
        self.append(bytes(self._directory) + end)

    def append(self, data: bytes) -> None:
        """Write on."""
        self._output.write(data)
        self._size += len(data)

    def replace(self, offset: int, data: bytes) -> None:
        """Write over what was written."""
        self._output.rewrite(offset, data)

    def progress(self, fraction: float) -> None:
        """Pass it on, unless more was shown before: each member begins anew."""
        if fraction > self._shown:
            self._shown = fraction
            self._output.progress(fraction)


def joined_crc(first: int, second: int, second_size: int) -> int:
    """The CRC-32 of A and B in a row, of A's, B's and B's size in bytes.

    What a CRC makes of B depends on what came before in a way that B has no part in: zeros instead
    of it show that.
    """
    return second ^ _over_zeros(second_size, first) ^ _over_zeros(second_size, 0)


def _over_zeros(size: int, crc: int) -> int:
    for _ in range(size // len(_ZEROS)):
        crc = zlib.crc32(_ZEROS, crc)
    return zlib.crc32(_ZEROS[: size % len(_ZEROS)], crc)


def _common() -> tuple[int, ...]:
    return _VERSION, _UTF8, _STORED, _MIDNIGHT, _FIRST_DAY
