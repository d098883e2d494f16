"""How tags are written, read back by mutagen."""

import io
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.id3 import ID3, ParseID3v1

from converter.id3 import Id3
from converter.labels import Labels
from converter.tags import Tags, title_from_name

TEXTS = (
    "Plain",
    "Ünïcödé",
    "Привет, мир",
    "مرحبا بالعالم",
    "日本語の題",
    "👩‍👩‍👧 family",
    "עברית mixed with English",
)
SIZE = 1 << 20


def read(tag: Id3) -> ID3:
    assert tag.start[:4] == b"ID3\x03"
    return ID3(io.BytesIO(tag.start + bytes(1000)))


@pytest.mark.parametrize("text", TEXTS)
def test_texts_of_every_script_survive(text: str) -> None:
    """Every tag is read back as it was."""
    tags = Tags(
        title=text,
        artist=text,
        album=text,
        album_artist=text,
        date="2021-05-03",
        track="3/12",
        genre=text,
        comment=text,
        language="jpn",
    )
    found = read(Id3(Labels(tags)))
    keys = ("TIT2", "TPE1", "TALB", "TPE2", "TCON", "COMM::jpn")
    assert [str(found[key]) for key in keys] == [text] * 6
    assert [str(found[key]) for key in ("TDRC", "TRCK", "TLAN")] == ["2021-05-03", "3/12", "jpn"]


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_every_text_survives(title: str) -> None:
    """Whatever the title, mutagen reads back what we wrote."""
    name = title_from_name(title)
    tag = Id3(Labels(Tags(title=name, comment=name)))
    assert str(read(tag)["TIT2"]) == str(read(tag)["COMM::XXX"]) == name
    assert len(tag.end(SIZE)) == 128


def test_no_padding_and_only_what_is_known() -> None:
    """A tag with a title alone is a few bytes long and holds nothing else."""
    tag = Id3(Labels(Tags(title="abc")))
    assert len(tag.start) == 10 + 10 + 1 + 4
    assert set(read(tag)) == {"TIT2"}


def test_id3v1_beside_it() -> None:
    """The old tag has the same texts, as far as they are short and Latin."""
    tags = Tags(
        title="Größe " * 9,
        artist="Ария, part 2",
        album="雨の歌",
        date="2021-05-03",
        track="3/12",
        genre="Rock",
        comment="Später",
    )
    written = Id3(Labels(tags)).end(SIZE)
    assert len(written) == 128
    found = ParseID3v1(written)
    assert found
    assert {key: str(frame) for key, frame in found.items()} == {
        "TIT2": ("Größe " * 9)[:30].strip(),
        "TPE1": ", part 2",
        "TDRC": "2021",
        "TRCK": "3",
        "TCON": "17",
        "COMM": "Später",
    }


@pytest.mark.parametrize(("tags", "size"), [(Tags(), SIZE), (Tags(title="Beep"), 2000)])
def test_where_there_is_no_id3v1(tags: Tags, size: int) -> None:
    """Without tags there is none; nor where it would be a large part of a very short MP3."""
    assert not Id3(Labels(tags)).end(size)
    assert bool(Id3(Labels(tags)).start) == any(asdict(tags).values())
