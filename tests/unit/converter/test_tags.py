"""Which tags the MP3 gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.options import ConversionOptions
from converter.tags import UNTITLED, Tags, choose_tags, language_code, title_from_name


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


def test_the_nearest_level_of_matroska_counts() -> None:
    """What is said of the piece comes before what is said of the album, which names the album."""
    levels = {
        "title": "File",
        "TRACK/TITLE": "Piece",
        "ALBUM/TITLE": "Collection",
        "ALBUM/ARTIST": "Various",
        "ARTIST": "Singer",
        "ALBUM/DATE_RELEASED": "1999",
        "PART_NUMBER": "07",
    }
    assert choose_tags(levels, "x") == Tags(
        title="Piece",
        artist="Singer",
        album="Collection",
        album_artist="Various",
        date="1999",
        track="7",
    )


@pytest.mark.parametrize(
    ("track", "kept"),
    [("3", "3"), ("03/12", "3/12"), (" 3 ", "3"), ("0", None), ("A1", None), ("3/", None)],
)
def test_tracks(track: str, kept: str | None) -> None:
    """A track is a number, or a number of a count."""
    assert choose_tags({"track": track}, "x").track == kept


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("ger", "ger"),
        ("DEU", "deu"),
        ("de", "deu"),
        ("pt-BR", "por"),
        ("und", None),
        ("", None),
        ("English, please", None),
        ("xx\x00", None),
    ],
)
def test_languages(told: str, code: str | None) -> None:
    """A language is told by ID3's codes of three letters, or not at all."""
    assert language_code(told) == code


def test_options_replace_and_leave_out() -> None:
    """What the owner says of a tag counts; an empty text leaves it out, the title too."""
    source = {"title": "Own", "artist": "Somebody", "album": "Thing", "comment": "None"}
    options = ConversionOptions.parse(
        {"title": "", "artist": "\u202eMe", "language": "rus", "comment": "c" * 1000}
    )
    assert choose_tags(source, "file.mp4", options) == Tags(
        artist="Me", album="Thing", language="rus", comment="c" * 1000
    )


def test_a_comment_may_be_longer_than_a_title() -> None:
    """It is cut at a thousand characters, the others at 250."""
    tags = choose_tags({"comment": "c" * 5000, "genre": "g" * 5000}, "x")
    assert (len(tags.comment or ""), len(tags.genre or "")) == (1000, 250)
