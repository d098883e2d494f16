"""Which tags the MP3 gets, and how they are written."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import ID3

from converter.tags import UNTITLED, Tags, choose_tags, id3_tag, title_from_name

TITLES = (
    "Plain",
    "Ünïcödé",
    "Привет, мир",
    "مرحبا بالعالم",
    "日本語の題",
    "👩‍👩‍👧 family",
    "עברית mixed with English",
)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("holiday.mp4", "holiday"),
        ("My.Talk.2021", "My.Talk.2021"),
        ("My.Talk.2021.mkv", "My.Talk.2021"),
        ("no suffix", "no suffix"),
        ("../../etc/passwd.mp4", "passwd"),
        ("C:\\Users\\me\\Videos\\cat.avi", "cat"),
        ("a\r\nb\x00c\x1b[31m.webm", "a b c [31m"),
        ("gpj.\u202e4pm.mov", "gpj.4pm"),
        ("Фильм.mkv", "Фильм"),
        ("日本語.mp4", "日本語"),
        ("e\u0301.mp4", "é"),
        ("  spaces   inside  .mp4", "spaces inside"),
        (".mp4", "mp4"),
        ("", UNTITLED),
        ("///", UNTITLED),
        ("\x00\x01", UNTITLED),
        ("x" * 5000 + ".mp4", "x" * 250),
        ("\udcff\udcfe.mp4", "mp4"),
    ],
)
def test_title_from_name(name: str, title: str) -> None:
    """A file name gives its last part, without suffix and without what cannot be shown."""
    assert title_from_name(name) == title


@given(st.text())
def test_every_name_gives_a_printable_title(name: str) -> None:
    """Whatever the name, there is a title: short, on one line, without control characters."""
    title = title_from_name(name)
    assert title
    assert title == title.strip()
    assert len(title) <= 250
    assert not any(ord(character) < 32 for character in title)


@pytest.mark.parametrize("key", ["title", "TITLE", "Title"])
def test_the_sources_own_title_wins(key: str) -> None:
    """The title in the source is taken, however its key is written."""
    assert choose_tags({key: " Own\ttitle "}, "file.mp4").title == "Own title"


@pytest.mark.parametrize("value", ["", "   ", "\x00", "mojibake \ufffd"])
def test_an_unusable_title_gives_way_to_the_name(value: str) -> None:
    """A title that is empty or was not decodable is no title."""
    assert choose_tags({"title": value}, "file.mp4").title == "file"


def test_container_leftovers_are_not_taken() -> None:
    """Only the tags that a listener wants are taken, not what the muxer noted for itself."""
    leftovers = {
        "major_brand": "isom",
        "minor_version": "512",
        "compatible_brands": "isomiso2avc1mp41",
        "encoder": "Lavf59.27.100",
        "creation_time": "2021-01-01T00:00:00.000000Z",
        "handler_name": "SoundHandler",
    }
    assert choose_tags(leftovers, "file.mp4") == Tags(title="file")


@pytest.mark.parametrize(
    ("date", "kept"),
    [
        ("2021", "2021"),
        ("2021-05-03", "2021-05-03"),
        ("2021-05-03T10:00:00Z", "2021-05-03"),
        ("2021-05", "2021-05"),
        ("last year", None),
        ("", None),
    ],
)
def test_dates(date: str, kept: str | None) -> None:
    """A date is kept as far as it is one."""
    assert choose_tags({"date": date}, "x").date == kept


@pytest.mark.parametrize("title", TITLES)
def test_texts_of_every_script_survive(title: str) -> None:
    """What is written as ID3v2.3 is read back as it was."""
    tags = Tags(title=title, artist=title, album=title, date="2021-05-03")
    written = id3_tag(tags)
    assert written[:4] == b"ID3\x03"
    read = ID3(io.BytesIO(written + bytes(1000)))
    assert [str(read[key]) for key in ("TIT2", "TPE1", "TALB")] == [title] * 3
    assert str(read["TDRC"]) == "2021-05-03"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_every_text_survives(title: str) -> None:
    """Whatever the title, mutagen reads back what we wrote."""
    cleaned = title_from_name(title)
    assert str(ID3(io.BytesIO(id3_tag(Tags(title=cleaned)) + bytes(100)))["TIT2"]) == cleaned


def test_no_padding_and_only_what_is_known() -> None:
    """A tag with a title alone is a few bytes long and holds nothing else."""
    written = id3_tag(Tags(title="abc"))
    assert len(written) == 10 + 10 + 1 + 4
    assert set(ID3(io.BytesIO(written + bytes(100)))) == {"TIT2"}
