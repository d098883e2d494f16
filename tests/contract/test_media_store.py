"""The promises of chassis.ports.MediaStore, its writers and readers."""

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from chassis.errors import MediaMissing
from chassis.ports import MediaStore

MIB = 1 << 20
SIZES = [0, 1, 5, MIB - 1, MIB, MIB + 1, 11 * MIB + 123]


def store_file(store: MediaStore, data: bytes, piece: int = 300_000) -> str:
    media_id = store.new_id()
    with store.writer(media_id, name="a.mkv", content_type="video/x-matroska") as writer:
        for start in range(0, len(data), piece):
            writer.write(memoryview(data)[start : start + piece])
        stored = writer.finish()
    assert stored.media_id == media_id
    assert stored.size == len(data)
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    return media_id


@pytest.mark.parametrize("size", SIZES)
def test_a_file_comes_back_as_it_was_written(media_store: MediaStore, size: int) -> None:
    """Size, hash and bytes are right, read as a stream or in pieces."""
    data = random.Random(size).randbytes(size)
    media_id = store_file(media_store, data)
    with media_store.open(media_id) as reader:
        assert reader.size == size
        assert b"".join(reader.stream(0, size)) == data
        read = bytearray()
        while piece := reader.read_at(len(read), 70_001):
            read += piece
        assert bytes(read) == data


@pytest.mark.parametrize("rewritable", [False, True])
@pytest.mark.parametrize("piece", [MIB, 4 * MIB, 4 * MIB + 1, 3 * MIB - 1])
def test_pieces_of_whole_chunks_and_others(
    media_store: MediaStore, piece: int, rewritable: bool
) -> None:
    """However the bytes come, the file is the same."""
    data = random.Random(piece).randbytes(13 * MIB + 5)
    media_id = media_store.new_id()
    with media_store.writer(
        media_id, name="a.mkv", content_type="video/x-matroska", rewritable=rewritable
    ) as writer:
        for start in range(0, len(data), piece):
            writer.write(data[start : start + piece])
        stored = writer.finish()
    assert (stored.size, stored.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    with media_store.open(media_id) as reader:
        assert b"".join(reader.stream(0, len(data))) == data


def test_any_range_is_exact(media_store: MediaStore) -> None:
    """Random reads and random ranges give exactly the bytes asked for."""
    dice = random.Random(1)
    data = dice.randbytes(6 * MIB + 77)
    with media_store.open(store_file(media_store, data)) as reader:
        for _ in range(60):
            start = dice.randrange(len(data))
            stop = min(len(data), start + dice.randrange(1, 3 * MIB))
            assert b"".join(reader.stream(start, stop)) == data[start:stop]
            piece = reader.read_at(start, stop - start)
            assert piece
            assert data[start : start + len(piece)] == piece
        assert reader.read_at(len(data), 10) == b""
        assert b"".join(reader.stream(5, 5)) == b""


@pytest.mark.parametrize("size", [100, MIB, 3 * MIB + 9, 9 * MIB, 9 * MIB + 1, 11 * MIB])
def test_what_was_written_is_replaced(media_store: MediaStore, size: int) -> None:
    """Anywhere, also over the borders of chunks, at once and at the end; the hash is of that."""
    dice = random.Random(2)
    expected = bytearray(dice.randbytes(size))
    media_id = media_store.new_id()
    with media_store.writer(
        media_id, name="a.mp3", content_type="audio/mpeg", rewritable=True
    ) as writer:
        written = 0
        while written < size:
            piece = bytes(expected[written : written + 700_000])
            writer.write(piece)
            written += len(piece)
            for _ in range(3):
                offset = dice.randrange(written)
                data = dice.randbytes(dice.randrange(min(MIB, written - offset) + 1))
                writer.rewrite(offset, data)
                expected[offset : offset + len(data)] = data
        writer.rewrite(0, b"start")
        expected[:5] = b"start"
        stored = writer.finish()
    assert stored.size == size
    assert stored.sha256 == hashlib.sha256(expected).hexdigest()
    with media_store.open(media_id) as reader:
        assert b"".join(reader.stream(0, size)) == expected


@pytest.mark.parametrize(
    ("rewritable", "offset", "length"),
    [(True, 0, 101), (True, 96, 5), (True, -1, 1), (True, 101, 0), (False, 0, 1)],
)
def test_nothing_else_is_replaced(
    media_store: MediaStore, rewritable: bool, offset: int, length: int
) -> None:
    """Neither bytes that are not there, nor those of a file that is not to be rewritten."""
    with media_store.writer(
        media_store.new_id(), name="a", content_type="audio/mpeg", rewritable=rewritable
    ) as writer:
        writer.write(bytes(100))
        with pytest.raises(ValueError, match="cannot be replaced"):
            writer.rewrite(offset, bytes(length))


def test_no_more_than_a_mebibyte_is_replaced_at_once(media_store: MediaStore) -> None:
    """What waits for its place is bounded."""
    with media_store.writer(
        media_store.new_id(), name="a", content_type="audio/mpeg", rewritable=True
    ) as writer:
        writer.write(bytes(2 * MIB))
        with pytest.raises(ValueError, match="cannot be replaced"):
            writer.rewrite(0, bytes(MIB + 1))


def test_a_file_begins_anew(media_store: MediaStore) -> None:
    """What was written before is gone, however much it was, and is not in the hash."""
    media_id = media_store.new_id()
    with media_store.writer(
        media_id, name="a.mp3", content_type="audio/mpeg", rewritable=True
    ) as writer:
        writer.write(random.Random(3).randbytes(6 * MIB + 9))
        writer.start_over()
        writer.write(b"s" * (2 * MIB + 5))
        writer.rewrite(0, b"start")
        stored = writer.finish()
    expected = b"start" + b"s" * (2 * MIB)
    assert (stored.size, stored.sha256) == (2 * MIB + 5, hashlib.sha256(expected).hexdigest())
    with media_store.open(media_id) as reader:
        assert b"".join(reader.stream(0, stored.size)) == expected


def test_a_file_is_visible_only_when_finished(media_store: MediaStore) -> None:
    """A file under way cannot be opened, and an aborted one leaves nothing."""
    media_id = media_store.new_id()
    with media_store.writer(media_id, name="a", content_type="video/mp4") as writer:
        writer.write(bytes(3 * MIB))
        with pytest.raises(MediaMissing):
            media_store.open(media_id)
    with pytest.raises(MediaMissing):
        media_store.open(media_id)
    assert media_store.media_ids(None, 10) == []


def test_a_file_is_followed_while_it_is_written(media_store: MediaStore) -> None:
    """Whoever asks for bytes that are not there yet gets them when they are, and then the end."""
    data = random.Random(4).randbytes(9 * MIB + 77)
    media_id, arrived, size = media_store.new_id(), Event(), list[int]()
    read = bytearray()

    def follow() -> None:
        with media_store.follow(media_id, lambda: size[0] if size else None) as reader:
            while piece := reader.read_at(len(read), 300_001):
                read.extend(piece)
                if len(read) >= 4 * MIB:
                    arrived.set()
            assert reader.size == len(data)
            piece = reader.read_at(5 * MIB - 3, 10)
            assert data[5 * MIB - 3 :].startswith(piece)

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow)
        with media_store.writer(media_id, name="a", content_type="video/mp4") as writer:
            writer.write(data[: 5 * MIB])
            assert arrived.wait(60)
            assert not following.done()
            writer.write(data[5 * MIB :])
            size.append(writer.finish().size)
        following.result(60)
    assert read == data


def test_who_follows_a_file_is_told_of_its_end(media_store: MediaStore) -> None:
    """What the question whether the file is whole raises ends the waiting."""

    class BrokenOffError(Exception):
        pass

    def whole() -> int | None:
        raise BrokenOffError

    with media_store.follow(media_store.new_id(), whole) as reader:
        with pytest.raises(BrokenOffError):
            reader.read_at(0, 10)
        with pytest.raises(BrokenOffError):
            _ = reader.size


def test_a_followed_file_may_be_gone(media_store: MediaStore) -> None:
    """A file that was deleted as soon as it was whole is missing."""
    with (
        media_store.follow(media_store.new_id(), lambda: 10) as reader,
        pytest.raises(MediaMissing),
    ):
        reader.read_at(0, 10)


def test_a_deleted_file_is_missing(media_store: MediaStore) -> None:
    """Deleting takes everything, twice is no error, and a reader of it is told."""
    data = bytes(20 * MIB)
    media_id = store_file(media_store, data)
    with media_store.open(media_id) as reader:
        media_store.delete(media_id)
        media_store.delete(media_id)
        with pytest.raises(MediaMissing):
            reader.read_at(15 * MIB, 10)
        with pytest.raises(MediaMissing):
            b"".join(reader.stream(15 * MIB, 20 * MIB))
    assert media_store.media_ids(None, 10) == []


def test_ids_are_listed_in_order(media_store: MediaStore) -> None:
    """Every id under which anything is stored is listed once, page by page."""
    ids = sorted(store_file(media_store, bytes(2 * MIB)) for _ in range(5))
    assert media_store.media_ids(None, 3) == ids[:3]
    assert media_store.media_ids(ids[2], 3) == ids[3:]


def test_what_is_no_id_is_missing(media_store: MediaStore) -> None:
    """Opening nonsense is the same as opening what is not there."""
    with pytest.raises(MediaMissing):
        media_store.open("nonsense")
