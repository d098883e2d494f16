"""The frames of MPEG audio Layer III: their headers, and what their side information tells.

Sources: ISO/IEC 11172-3 2.4.1.3 and 2.4.1.7 (MPEG-1), ISO/IEC 13818-3 2.4.1 (MPEG-2, the lower
sample rates); MPEG-2.5 is Fraunhofer's extension to lower ones still.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

HEADER_BYTES: Final = 4

_SYNC: Final = 0xFF
_SYNC_REST: Final = 0xE0
_LAYER_III: Final = 1
_MONO: Final = 3
_MPEG_1: Final = 3
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBITS_1: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_LENGTH_BITS: Final = 12
_SIDE_BYTES: Final = {(True, 1): 17, (True, 2): 32, (False, 1): 9, (False, 2): 17}


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """What a header says.

    `bitrate` in kbit/s, `sample_rate` in Hz, `samples` of each channel, `size` in bytes with the
    header; `checked` is whether two bytes of CRC follow it. Then follow `side_bytes` of side
    information, which end at `sound_offset` in the frame. Of its fields `side_fields` tells at
    which bit of the frame they begin and how many they have: of main_data_begin, then of the
    part2_3_length of each granule and channel in it.
    """

    mpeg_1: bool
    sample_rate: int
    channels: int
    bitrate: int
    samples: int
    size: int
    checked: bool
    side_bytes: int
    sound_offset: int
    side_fields: tuple[tuple[int, int], ...]

    def bitrates(self) -> tuple[int, ...]:
        """The bitrates, in kbit/s, that frames of this version can have."""
        return _KBITS_1 if self.mpeg_1 else _KBITS_2


def parse_header(data: bytes, offset: int = 0) -> FrameHeader | None:
    """The frame header at `offset`, or None where there is none; free format counts as none."""
    if len(data) < offset + HEADER_BYTES or data[offset] != _SYNC:
        return None
    return _parsed(data[offset + 1], data[offset + 2], data[offset + 3] >> 6)


@cache
def _parsed(second: int, third: int, mode: int) -> FrameHeader | None:
    version, layer = second >> 3 & 3, second >> 1 & 3
    bitrate_index, rate_index = third >> 4, third >> 2 & 3
    if second & _SYNC_REST != _SYNC_REST or layer != _LAYER_III or version not in _RATES:
        return None
    mpeg_1 = version == _MPEG_1
    kbits = _KBITS_1 if mpeg_1 else _KBITS_2
    if rate_index >= len(_RATES[version]) or not 1 <= bitrate_index <= len(kbits):
        return None
    rate, bitrate = _RATES[version][rate_index], kbits[bitrate_index - 1]
    samples = 1152 if mpeg_1 else 576
    channels = 1 if mode == _MONO else 2
    checked = not second & 1
    side_bytes = _SIDE_BYTES[mpeg_1, channels]
    side_offset = HEADER_BYTES + 2 * checked
    return FrameHeader(
        mpeg_1=mpeg_1,
        sample_rate=rate,
        channels=channels,
        bitrate=bitrate,
        samples=samples,
        size=samples // 8 * 1000 * bitrate // rate + (third >> 1 & 1),
        checked=checked,
        side_bytes=side_bytes,
        sound_offset=side_offset + side_bytes,
        side_fields=_side_fields(8 * side_offset, channels, mpeg_1=mpeg_1),
    )


def _side_fields(start: int, channels: int, *, mpeg_1: bool) -> tuple[tuple[int, int], ...]:
    if mpeg_1:
        begin_bits, other_bits = 9, 9 if channels == 1 else 11  # private_bits, scfsi
        parts, part_bits = 2 * channels, 59
    else:
        begin_bits, other_bits = 8, 1 if channels == 1 else 2
        parts, part_bits = channels, 63
    first = start + begin_bits + other_bits
    lengths = ((first + number * part_bits, _LENGTH_BITS) for number in range(parts))
    return (start, begin_bits), *lengths


def samples_per_frame(sample_rate: int) -> int:
    """How many samples of each channel a frame at `sample_rate` Hz holds."""
    return 1152 if sample_rate in _RATES[_MPEG_1] else 576


def split_frames(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole frames that `data` begins with, and the rest; raises ValueError if it is none."""
    frames = []
    offset = 0
    while len(data) - offset >= HEADER_BYTES:
        header = parse_header(data, offset)
        if header is None:
            raise ValueError(f"there is no frame at {offset}")
        end = offset + header.size
        if end > len(data):
            break
        frames.append(data[offset:end])
        offset = end
    return frames, data[offset:]


def coded_channels(frame: bytes) -> list[bool]:
    """Whether each channel of `frame` holds anything but silence."""
    header = _required(frame)
    _, lengths = _side_information(frame, header)
    coded = [False] * header.channels
    for number, length in enumerate(lengths):
        coded[number % header.channels] |= length > 0
    return coded


def is_sound(frame: bytes) -> bool:
    """Whether the side information of `frame` claims no more data than there can be."""
    header = _required(frame)
    before, lengths = _side_information(frame, header)
    return sum(lengths) <= 8 * (before + header.size - header.sound_offset)


def _required(frame: bytes) -> FrameHeader:
    header = parse_header(frame)
    if header is None:
        raise ValueError("this is no frame")
    return header


def _side_information(frame: bytes, header: FrameHeader) -> tuple[int, list[int]]:
    """main_data_begin, and the part2_3_length of each granule and channel in it."""
    start = int.from_bytes(frame[: header.sound_offset])
    bits = 8 * header.sound_offset
    before, *lengths = (
        start >> (bits - first - count) & ((1 << count) - 1) for first, count in header.side_fields
    )
    return before, lengths
