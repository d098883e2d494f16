"""The Xing/LAME frame before the sound of an MP3: exact length, places to seek to, gaps.

Its frame holds no sound. Sources: the Xing header of Xing Technology's VBR SDK; Gabriel Bouvier's
"Mp3 Info Tag rev 1 specifications" for what LAME added to it.
"""

from array import array
from collections.abc import Iterable
from typing import Final

from converter.crc16 import crc16
from converter.frames import HEADER_BYTES, FrameHeader, parse_header

DECODER_DELAY: Final = 529
"""How many samples every decoder is late (528 of its filters, and one)."""

LONGEST_GAP: Final = 4095
"""The most samples that a tag can say are too many, at either end."""

TAG_IDS: Final = (b"Xing", b"Info")
"""What a tag begins with behind the side information, of variable and of constant bitrate."""

VBRI_ID: Final = b"VBRI"
"""What a tag of Fraunhofer's begins with, `VBRI_OFFSET` behind the start of any frame."""

VBRI_OFFSET: Final = HEADER_BYTES + 32
_FLAGS: Final = bytes((0, 0, 0, 0b1111))  # frames, bytes, table and quality are there
_ALL: Final = 156
_TABLE: Final = slice(16, 116)
_TABLE_ENTRIES: Final = 100
_QUALITY: Final = slice(116, 120)
_ENCODER: Final = slice(120, 129)
_REVISION_AND_METHOD: Final = 129
_BITRATE: Final = 140
_GAPS: Final = slice(141, 144)
_CHECKSUM: Final = slice(154, 156)
_METHODS: Final = {b"Info": 1, b"Xing": 3}  # CBR; VBR by an old or unknown method
_GAP_BITS: Final = 12
_GAP_ENCODERS: Final = (b"LAME", b"Lavc", b"Lavf", b"L3.9")


class FrameIndex:
    """The frames of an MP3 in their order: how many, their `size` in bytes and `crc` together."""

    def __init__(self) -> None:
        self._sizes = array("H")
        self.size = 0
        self.crc = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, data: bytes, sizes: Iterable[int]) -> None:
        """Take note of frames that follow: their bytes in one piece, and the size of each."""
        self._sizes.extend(sizes)
        self.size += len(data)
        self.crc = crc16(data, self.crc)

    def seek_table(self, before: int) -> bytes:
        """For each hundredth of the time, how many 256ths of the bytes lie before it.

        `before` is the number of bytes that stand before the first frame and count.
        """
        total = before + self.size
        table = bytearray()
        position, frame = before, 0
        for entry in range(_TABLE_ENTRIES):
            wanted = entry * len(self._sizes) // _TABLE_ENTRIES
            position += sum(self._sizes[frame:wanted])
            frame = wanted
            table.append(min(255, 256 * position // total) if entry else 0)
        return bytes(table)


def read_gaps(frame: bytes) -> tuple[int, int] | None:
    """The encoder's delay and padding, in samples, that a Xing/LAME frame tells; None if none."""
    start = _tag_offset(frame)
    if start is None or len(frame) < start + _ALL:
        return None
    tag = frame[start : start + _ALL]
    if tag[4:8] != _FLAGS or not tag[_ENCODER].startswith(_GAP_ENCODERS):
        return None
    gaps = int.from_bytes(tag[_GAPS])
    return gaps >> _GAP_BITS, gaps & LONGEST_GAP


def is_tag_frame(frame: bytes) -> bool:
    """Whether `frame` is a Xing or a VBRI frame, and so no sound."""
    is_vbri = frame.startswith(VBRI_ID, VBRI_OFFSET)
    return is_vbri or _tag_offset(frame) is not None


def _tag_offset(frame: bytes) -> int | None:
    header = parse_header(frame)
    if header is None:
        return None
    start = header.sound_offset
    return start if frame[start : start + 4] in TAG_IDS else None


def has_room_for_tag(first: bytes) -> bool:
    """Whether frames such as `first` have room for a tag, without a byte of padding.

    LAME leaves the tag out where they do not.
    """
    header = parse_header(first)
    if header is None:
        raise ValueError("this is no frame")
    unpadded = header.size - (first[2] >> 1 & 1)
    return unpadded >= header.sound_offset + _ALL


def blank_tag_frame(first: bytes, *, constant: bool, gaps: bool) -> bytes:
    """A frame with an empty tag, to stand before the frame `first` and its like.

    gaps: whether it is to tell players what to leave out at both ends. It has the bitrate of
    constant sound; else, or where that leaves no room, the lowest one with room.
    """
    header = parse_header(first)
    if header is None:
        raise ValueError("this is no frame")
    spread = first[2] & 0b1101  # neither bitrate nor padding
    for index, bitrate in enumerate(header.bitrates(), 1):
        start = bytes((first[0], first[1] | 1, index << 4 | spread, first[3]))
        blank = parse_header(start)
        assert blank is not None
        wanted = not constant or bitrate >= header.bitrate
        if wanted and blank.size >= blank.sound_offset + _ALL:
            return start + _blank_tag(blank, constant=constant, gaps=gaps)
    raise ValueError("no frame has room for a tag")


def _blank_tag(header: FrameHeader, *, constant: bool, gaps: bool) -> bytes:
    tag = bytearray(_ALL)
    tag[:4] = b"Info" if constant else b"Xing"
    tag[4:8] = _FLAGS
    # Players look for the gaps behind the name of an encoder that tells them, some only behind a
    # version that they know; and then leave out a decoder's delay at least.
    tag[_ENCODER] = b"LAME3.100" if gaps else bytes(9)
    tag[_REVISION_AND_METHOD] = _METHODS[bytes(tag[:4])]
    tag[_BITRATE] = min(255, header.bitrate) if constant else 0
    return (bytes(header.side_bytes) + tag).ljust(header.size - HEADER_BYTES, b"\0")


def tag_frame(template: bytes, index: FrameIndex, delay: int, padding: int) -> bytes:
    """The frame `template`, which has a tag already, with what is true of the frames in `index`.

    delay, padding: how many samples too many there are at the start and at the end, both at most
    LONGEST_GAP; both 0 if nothing is known of them.
    """
    start = _tag_offset(template)
    if start is None:
        raise ValueError("the template has no tag")
    total = len(template) + index.size
    tag = bytearray(template[start : start + _ALL])
    tag[8:12] = len(index).to_bytes(4)
    tag[12:16] = total.to_bytes(4)
    tag[_TABLE] = index.seek_table(len(template))
    tag[_GAPS] = (delay << _GAP_BITS | padding).to_bytes(3)
    tag[148:152] = total.to_bytes(4)
    tag[152:154] = index.crc.to_bytes(2)
    written = bytearray(template[:start]) + tag
    written[-2:] = crc16(bytes(written[:-2])).to_bytes(2)
    return bytes(written) + template[len(written) :]
