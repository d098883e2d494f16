"""The ZIP that is written in one pass, as Python's own reader finds it."""

import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Permanent
from converter import zip_writer
from converter.zip_writer import ZipWriter, joined_crc


class Memory:
    """An Output in memory."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.shown: list[float] = []

    def write(self, data: bytes) -> None:
        """See Sink."""
        self.data += data

    def rewrite(self, offset: int, data: bytes) -> None:
        """See Sink."""
        assert offset + len(data) <= len(self.data)
        self.data[offset : offset + len(data)] = data

    def progress(self, fraction: float) -> None:
        """See Output."""
        self.shown.append(fraction)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_the_crc_of_two_in_a_row(first: bytes, second: bytes) -> None:
    """It comes of theirs, without their bytes."""
    joined = joined_crc(zlib.crc32(first), zlib.crc32(second), len(second))
    assert joined == zlib.crc32(first + second)


def test_the_crc_of_much() -> None:
    """Also over more zeros than are held at once."""
    first, second = b"first", bytes(range(256)) * 10_000
    joined = joined_crc(zlib.crc32(first), zlib.crc32(second), len(second))
    assert joined == zlib.crc32(first + second)


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=20), st.lists(st.binary(min_size=1), min_size=1)),
        max_size=5,
        unique_by=lambda member: member[0].lower(),
    ),
    st.data(),
)
def test_members_come_back(members: list[tuple[str, list[bytes]]], data: st.DataObject) -> None:
    """Under their names, with what was replaced in them, and each checksum is right."""
    names = [f"{number:02}.mp3" for number in range(len(members))]
    output = Memory()
    archive = ZipWriter(output)
    expected: dict[str, bytes] = {}
    for name, (title, pieces) in zip(names, members, strict=True):
        called = f"{title.replace(chr(0), '').encode(errors='replace').decode()}{name}"
        member = archive.begin(called)
        for piece in pieces:
            member.write(piece)
        patch = data.draw(st.binary(max_size=len(pieces[0])))
        place = data.draw(st.integers(0, len(pieces[0]) - len(patch)))
        member.rewrite(place, patch)
        stored = archive.end()
        whole = bytearray(b"".join(pieces))
        whole[place : place + len(patch)] = patch
        expected[called] = bytes(whole)
        assert (stored.size, stored.crc) == (len(whole), zlib.crc32(whole))
        assert output.data[stored.offset : stored.offset + stored.size] == whole
    archive.finish()
    with zipfile.ZipFile(io.BytesIO(output.data)) as found:
        assert found.testzip() is None
        infos = found.infolist()
        assert {info.orig_filename: found.read(info) for info in infos} == expected
        assert all(info.flag_bits == 1 << 11 for info in infos)
        assert all(info.external_attr >> 16 == 0o100644 for info in infos)


def test_only_the_first_bytes_of_a_member_can_be_replaced() -> None:
    """The others are not kept for their checksum."""
    member = ZipWriter(Memory()).begin("a")
    member.write(b"first")
    member.write(b"second")
    with pytest.raises(ValueError, match="first"):
        member.rewrite(4, b"xy")


def test_progress_never_becomes_less() -> None:
    """Each member begins anew with its own; the whole does not."""
    output = Memory()
    member = ZipWriter(output).begin("a")
    for fraction in (0.1, 0.5, 0.2, 0.6):
        member.progress(fraction)
    assert output.shown == [0.1, 0.5, 0.6]


def test_more_than_a_zip_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence for the owner, instead of a file that nothing reads."""
    monkeypatch.setattr(zip_writer, "_MOST", 1000)
    archive = ZipWriter(Memory())
    archive.begin("a").write(bytes(2000))
    with pytest.raises(Permanent) as caught:
        archive.end()
    assert caught.value.code == "too_long"
