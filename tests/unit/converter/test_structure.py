"""Whether a file is as long as its outermost structure says."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.structure import BoxTrail, Completeness, completeness


class Bytes:
    """A source in memory that gives at most a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """See SourceReader."""
        return self.data[offset : offset + min(length, 5)]


def box(kind: bytes, payload: int) -> bytes:
    return struct.pack(">I4s", 8 + payload, kind) + bytes(payload)


def riff(payload: int, claimed: int | None = None) -> bytes:
    size = payload if claimed is None else claimed
    return b"RIFF" + struct.pack("<I", size) + b"AVI " + bytes(payload - 4)


def asf_object(identifier: bytes, payload: int) -> bytes:
    return identifier + struct.pack("<Q", 24 + payload) + bytes(payload)


MP4 = box(b"ftyp", 24) + box(b"moov", 500) + box(b"mdat", 5000)
MP4_INDEX_LAST = box(b"ftyp", 24) + box(b"mdat", 5000) + box(b"moov", 500)
LARGE_BOX = struct.pack(">I4sQ", 1, b"mdat", 16 + 5000) + bytes(5000)
MP4_LARGE = box(b"ftyp", 24) + box(b"moov", 500) + LARGE_BOX
EBML_HEADER = b"\x1a\x45\xdf\xa3\x84" + bytes(4)
MATROSKA = EBML_HEADER + b"\x18\x53\x80\x67" + b"\x01" + (3000).to_bytes(7) + bytes(3000)
ASF_HEADER = asf_object(bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), 300)
ASF = ASF_HEADER + asf_object(bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c"), 3000)
FRAGMENTS = MP4 + (box(b"moof", 100) + box(b"mdat", 900)) * 3
AVI = riff(3000) + riff(5000)


@pytest.mark.parametrize("whole", [MP4, MP4_INDEX_LAST, MP4_LARGE, MATROSKA, ASF])
def test_whole_and_cut_anywhere(whole: bytes) -> None:
    """A whole file is whole; without its last bytes, however few or many, it is never that."""
    assert completeness(Bytes(whole)) is Completeness.WHOLE
    for length in range(len(whole)):
        found = completeness(Bytes(whole[:length]))
        assert found is Completeness.CUT or (found is Completeness.UNKNOWN and length < 24)


def test_riff_allows_for_writers_that_count_differently() -> None:
    """The size in a RIFF header is taken with a grain of salt, but not with a large one."""
    assert completeness(Bytes(AVI)) is Completeness.WHOLE
    assert completeness(Bytes(riff(3000, claimed=3008))) is Completeness.WHOLE
    assert completeness(Bytes(riff(3000, claimed=5000))) is Completeness.CUT
    assert completeness(Bytes(AVI[:-2000])) is Completeness.CUT


@pytest.mark.parametrize("claimed", [0, 0xFFFFFFFF])
def test_a_size_that_was_never_filled_in_says_nothing(claimed: int) -> None:
    """A recorder that was switched off leaves no size behind; that alone is no damage."""
    assert completeness(Bytes(riff(3000, claimed))) is Completeness.UNKNOWN


def test_a_segment_of_unknown_size_says_nothing() -> None:
    """A live Matroska stream does not know how long it will be (RFC 8794 6.2)."""
    live = EBML_HEADER + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + bytes(3000)
    assert completeness(Bytes(live)) is Completeness.UNKNOWN


def test_an_mp4_without_its_index_is_cut() -> None:
    """Cut exactly between two boxes, the index that should follow is missing."""
    assert completeness(Bytes(box(b"ftyp", 24) + box(b"mdat", 5000))) is Completeness.CUT


def test_fragments_are_followed_by_fragments() -> None:
    """Anything but a fragment where the next fragment should be is a file not all there."""
    fragments = box(b"ftyp", 24) + box(b"moov", 500) + 2 * (box(b"moof", 100) + box(b"mdat", 900))
    assert completeness(Bytes(fragments)) is Completeness.WHOLE
    assert completeness(Bytes(fragments + bytes(500))) is Completeness.CUT


@pytest.mark.parametrize("whole", [MP4, MP4_INDEX_LAST, MP4_LARGE, FRAGMENTS])
@given(length=st.integers(0, 6000), piece=st.integers(1, 700))
def test_what_was_seen_on_the_way_is_not_looked_at_again(
    whole: bytes, length: int, piece: int
) -> None:
    """The verdict is the same with a trail of what was read, wherever a file is cut."""
    data, trail = whole[:length], BoxTrail()
    for position in range(0, len(data), piece):
        trail.follow(position, data[position : position + piece])
    assert completeness(Bytes(data), trail) is completeness(Bytes(data))


def test_a_trail_that_ends_with_the_file_reads_nothing() -> None:
    """Once every box has gone by, only the file's size is asked for."""
    trail = BoxTrail()
    trail.follow(0, FRAGMENTS)
    assert trail.kinds == {b"ftyp", b"moov", b"moof", b"mdat"}
    # What is left of the last box's header would be read if it were not known.
    assert trail.offset == len(FRAGMENTS)


def test_other_riff_files_are_not_ours() -> None:
    """WebP pictures are RIFF too; nothing is said of them."""
    picture = riff(3000).replace(b"AVI ", b"WEBP")
    assert completeness(Bytes(picture)) is Completeness.UNKNOWN


def test_bytes_behind_the_last_box_say_nothing() -> None:
    """What is no box ends the walk without a verdict."""
    assert completeness(Bytes(MP4 + bytes(100))) is Completeness.UNKNOWN


@given(st.binary(max_size=200))
def test_other_bytes_say_nothing_and_harm_nothing(data: bytes) -> None:
    """Random bytes are no structure; nothing is raised."""
    assert completeness(Bytes(data)) in Completeness


@given(st.integers(0, len(MP4) - 1), st.binary(min_size=1, max_size=8))
def test_damaged_structures_harm_nothing(offset: int, damage: bytes) -> None:
    """Damaged sizes lead nowhere: the walk ends, nothing is raised."""
    for whole in (MP4, MATROSKA, ASF, AVI):
        damaged = whole[:offset] + damage + whole[offset + len(damage) :]
        assert completeness(Bytes(damaged)) in Completeness
