"""Sound that is MP3 already and fits what was asked for: its frames are copied, not encoded.

Encoding it again would cost time and quality. It fits where its bitrate is not above the one that
was asked for, or not above what LAME's quality usually gives. Each frame's header and side
information are checked; what contradicts itself is left out and counts as damaged, as packets do
that cannot be decoded.
"""

import itertools
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from av.packet import Packet

from chassis.options import ConversionOptions
from converter.decode import TrackReader
from converter.encode import Written
from converter.frame_blocks import seconds_of_sound
from converter.frames import FrameHeader, is_sound, parse_header, split_frames
from converter.id3 import Id3
from converter.mp3_writer import Mp3Writer, Output
from converter.short_sound import LEAST_FRAMES
from converter.xing import DECODER_DELAY, LONGEST_GAP, blank_tag_frame, is_tag_frame

_LOOKED_AT: Final = 100
"""Packets that are looked at before it is decided."""

_TOGETHER: Final = 512  # packets that are looked at at once: half a minute, 100 to 500 KB

# What LAME's USAGE and the Hydrogenaudio wiki give for 44.1 kHz stereo, by quality from 0 to 9.
_USUAL_KBITS: Final = (245, 225, 190, 175, 165, 130, 115, 100, 85, 65)
_USUAL_RATE: Final = 44_100
_TOLERANCE: Final = 1.05  # 192 kbit/s are V2's equal

_SKIP_SAMPLES: Final = struct.Struct("<II")  # AV_PKT_DATA_SKIP_SAMPLES: at the start, at the end


@dataclass(frozen=True, slots=True)
class Copyable:
    """What is known of sound that can be copied, before it is.

    `first` is the header of its first frame; `delay` as in the LAME tag, None if nothing tells it.
    """

    first: bytes
    header: FrameHeader
    constant: bool
    delay: int | None


def look(reader: TrackReader, codec: str, options: ConversionOptions) -> Copyable | None:
    """Whether the track can be copied for `options`; None if it has to be encoded."""
    if codec != "mp3":
        return None
    packets = reader.first_packets(_LOOKED_AT)
    frames = [frame for packet in packets for frame in sound_frames(bytes(packet))]
    headers = [header for frame in frames if (header := parse_header(frame))]
    if len(frames) < max(LEAST_FRAMES, len(packets) // 2):
        return None
    header = headers[0]
    if not (_is_as_asked(header, options) and _are_alike(headers)):
        return None
    bitrate = sum(h.bitrate for h in headers) / len(headers)
    told = (reader.bitrate or 0) / 1000 / _TOLERANCE  # of all; without the gaps, so a bit high
    if max(bitrate, told) > _highest_bitrate(header, options):
        return None
    skipped, _ = _skipped(packets[:1])
    delay = skipped - DECODER_DELAY if skipped else None
    if packets[0].is_discard or (delay is not None and not 0 <= delay <= LONGEST_GAP):
        return None
    return Copyable(frames[0], header, len({h.bitrate for h in headers}) == 1, delay)


def _is_as_asked(header: FrameHeader, options: ConversionOptions) -> bool:
    return (
        options.lowpass is None
        and options.sample_rate in (None, header.sample_rate)
        and options.channels in (None, header.channels)
    )


def _are_alike(headers: list[FrameHeader]) -> bool:
    return len({(header.sample_rate, header.channels) for header in headers}) == 1


def _highest_bitrate(header: FrameHeader, options: ConversionOptions) -> float:
    if options.bitrate is not None:
        return options.bitrate
    usual = _USUAL_KBITS[options.quality or 0] * header.channels / 2
    return _TOLERANCE * usual * min(1.0, header.sample_rate / _USUAL_RATE)


def sound_frames(packet: bytes) -> list[bytes]:
    """The frames of sound that `packet` consists of; none if it is damaged."""
    try:
        frames, rest = split_frames(packet)
    except ValueError:
        return []
    if rest or not all(map(is_sound, frames)):
        return []
    return [frame for frame in frames if not is_tag_frame(frame)]


def copy_mp3(
    reader: TrackReader,
    copyable: Copyable,
    id3: Id3,
    output: Output,
    check: Callable[[], None],
) -> Written:
    """Write the frames of the track; `check` is called again and again, and raises to end it."""
    gaps = copyable.delay is not None
    template = blank_tag_frame(copyable.first, constant=copyable.constant, gaps=gaps)
    mp3 = Mp3Writer(output, id3, template)
    dropped = 0
    for packets in reader.packet_blocks(_TOGETHER):
        _copy_block(packets, reader, mp3)
        dropped += _skipped(packet for packet in packets if not packet.is_discard)[1]
        mp3.show(reader.progress(reader.expected_seconds))
        check()
    if copyable.delay is None:
        mp3.finish(0, mp3.samples)
        return Written(mp3.samples, mp3.size)
    padding = min(dropped + DECODER_DELAY, LONGEST_GAP, max(0, mp3.samples - copyable.delay))
    samples = mp3.samples - copyable.delay - padding
    mp3.finish(copyable.delay, samples)
    return Written(samples, mp3.size)


def _copy_block(packets: "list[Packet[Any]]", reader: TrackReader, mp3: Mp3Writer) -> None:
    data = b"".join(packets)
    sizes = [packet.size for packet in packets]
    seconds = seconds_of_sound(data, sizes)
    if seconds is not None and not any(packet.is_discard for packet in packets):
        reader.note_decoded(seconds)
        mp3.write_block(data, sizes)
        return
    for packet in packets:
        frames = sound_frames(bytes(packet))
        reader.note_decoded(sum(map(_seconds, frames)), damaged=not frames)
        if not packet.is_discard:
            mp3.write(frames)


def _seconds(frame: bytes) -> float:
    header = parse_header(frame)
    return header.samples / header.sample_rate if header else 0.0


def _skipped(packets: "Iterable[Packet[Any]]") -> tuple[int, int]:
    """How many samples of what they decode to are to be dropped, at their starts and ends."""
    start = end = 0
    for data in itertools.chain.from_iterable(packet.iter_sidedata() for packet in packets):
        if data.data_type == "skip_samples" and data.data_size >= _SKIP_SAMPLES.size:
            skips = _SKIP_SAMPLES.unpack_from(bytes(data))
            start, end = start + skips[0], end + skips[1]
    return start, end
