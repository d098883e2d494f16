"""Looking at the frames of many packets at once, compared with looking at each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.frame_blocks import seconds_of_sound
from converter.frames import FrameHeader, is_sound, parse_header, split_frames
from converter.xing import TAG_IDS, VBRI_ID, VBRI_OFFSET, is_tag_frame

VERSIONS = {"MPEG-1": 3, "MPEG-2": 2, "MPEG-2.5": 0}
JOINT_STEREO, MONO = 1, 3


def frame(
    bitrate_index: int = 9,
    *,
    version: str = "MPEG-1",
    mono: bool = False,
    checked: bool = False,
    padded: bool = False,
    extension: int = 0,
    side: bytes = b"",
) -> bytes:
    """A frame whose side information starts with `side`, else zeros; its sound is all ones."""
    second = 0xE0 | VERSIONS[version] << 3 | 1 << 1 | (not checked)
    third = bitrate_index << 4 | padded << 1
    mode = MONO if mono else JOINT_STEREO
    start = bytes((0xFF, second, third, mode << 6 | extension << 4))
    header = required(start)
    fields = (bytes(header.sound_offset - header.side_bytes - len(start)) + side).ljust(34, b"\0")
    return (start + fields)[: header.sound_offset].ljust(header.size, b"\xff")


def required(data: bytes) -> FrameHeader:
    header = parse_header(data)
    assert header is not None
    return header


def one_by_one(packets: list[bytes]) -> float | None:
    """What is promised, by the functions for a single frame."""
    seconds = 0.0
    for packet in packets:
        try:
            frames, rest = split_frames(packet)
        except ValueError:
            return None
        if rest or len(frames) != 1 or not is_sound(packet) or is_tag_frame(packet):
            return None
        header = required(packet)
        seconds += header.samples / header.sample_rate
    return seconds


def at_once(packets: list[bytes]) -> float | None:
    return seconds_of_sound(b"".join(packets), [len(packet) for packet in packets])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize("checked", [False, True])
def test_frames_of_every_kind(version: str, mono: bool, checked: bool) -> None:
    """Frames of one layout hold the sound of all of them, whatever their bitrates and padding."""
    packets = [
        frame(
            index, version=version, mono=mono, checked=checked, padded=padded, extension=index % 4
        )
        for index in range(1, 15)
        for padded in (False, True)
    ]
    assert at_once(packets) == pytest.approx(one_by_one(packets))


@given(
    version=st.sampled_from(list(VERSIONS)),
    mono=st.booleans(),
    checked=st.booleans(),
    side=st.binary(min_size=32, max_size=32),
    bitrate_index=st.integers(1, 14),
)
def test_side_information(
    version: str, mono: bool, checked: bool, side: bytes, bitrate_index: int
) -> None:
    """A frame that claims more data than there can be is found among others."""
    packets = [
        frame(bitrate_index, version=version, mono=mono, checked=checked, side=start)
        for start in (b"", side, b"")
    ]
    assert at_once(packets) == pytest.approx(one_by_one(packets))


@pytest.mark.parametrize(
    "odd",
    [
        frame()[:-1],
        frame() + b"\0",
        frame() + frame(),
        b"",
        b"\xff",
        bytes(417),
        b"\xfe" + frame()[1:],
        frame()[:1] + b"\xfd" + frame()[2:],  # Layer II
        frame()[:2] + b"\x00" + frame()[3:],  # free format
        frame()[:2] + b"\xf0" + frame()[3:],  # no bitrate
    ],
)
def test_what_is_no_single_frame(odd: bytes) -> None:
    """Nothing but whole single frames of Layer III, with a bitrate, is taken for sound."""
    assert one_by_one([odd]) is None
    for place in range(3):
        packets = [frame(), frame()]
        packets.insert(place, odd)
        assert at_once(packets) is None


@pytest.mark.parametrize("name", TAG_IDS)
def test_tags(name: bytes) -> None:
    """A Xing frame is no sound, nor is a VBRI frame."""
    plain = frame()
    offset = required(plain).sound_offset
    xing = plain[:offset] + name + plain[offset + 4 :]
    vbri = plain[:VBRI_OFFSET] + VBRI_ID + plain[VBRI_OFFSET + 4 :]
    for tag in (xing, vbri):
        assert is_tag_frame(tag)
        assert at_once([plain, tag]) is None
        assert at_once([tag, plain]) is None


def test_mixtures_are_left_to_others() -> None:
    """Where frames of different layouts alternate, nothing is said of them at once."""
    assert at_once([frame(), frame(mono=True)]) is None
