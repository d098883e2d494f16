"""The name under which an MP3 is saved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.names import mp3_name, part_name, zip_name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("video.mkv", "video.mp3"),
        ("Holiday 2026.final.mkv", "Holiday 2026.final.mp3"),
        ("Über uns 映画.mp4", "Über uns 映画.mp3"),
        ("فيديو.mov", "فيديو.mp3"),
        ("no suffix", "no suffix.mp3"),
        ("No. 5 at the sea", "No. 5 at the sea.mp3"),
        (".hidden", "hidden.mp3"),
        ("../../etc/passwd.mp4", "passwd.mp3"),
        ("C:\\videos\\a.avi", "a.mp3"),
        ("a\r\nb\x00.mkv", "ab.mp3"),
        ("evil\u202e3pm.mkv", "evil3pm.mp3"),
        ("", "audio.mp3"),
        ("...", "audio.mp3"),
        ("folder/", "audio.mp3"),
        ("\ud800a.mkv", "a.mp3"),
    ],
)
def test_name(source: str, name: str) -> None:
    """The video's name with .mp3 for its suffix, without what no file name needs."""
    assert mp3_name(source) == name


@given(st.text())
def test_any_name_gives_a_file_name(source: str) -> None:
    """Whatever a user calls a video, its MP3 has a name that file systems and headers take."""
    name = mp3_name(source)
    assert name.endswith(".mp3")
    assert len(name) > len(".mp3")
    assert len(name.encode()) <= 255
    assert "/" not in name
    assert name.isprintable() or not any(ord(letter) < 32 for letter in name)


def test_a_long_name_is_cut_between_characters() -> None:
    """A name of 255 bytes in UTF-8 is the longest; no character is cut in two."""
    assert mp3_name("映" * 300 + ".mkv") == "映" * 83 + ".mp3"


def test_a_zip_is_called_as_its_mp3_would_be() -> None:
    """All but the suffix."""
    assert zip_name("Holiday 2026.final.mkv") == "Holiday 2026.final.zip"


@pytest.mark.parametrize(
    ("number", "count", "title", "name"),
    [
        (3, 12, "The title", "03 The title.mp3"),
        (3, 120, "The title", "003 The title.mp3"),
        (1, 1, "Начало", "01 Начало.mp3"),
        (1, 9, "AC/DC: who?", "01 AC_DC_ who_.mp3"),
        (1, 9, "..", "01.mp3"),
        (1, 9, "a. ", "01 a.mp3"),
        (1, 9, "\u202e3pm", "01 3pm.mp3"),
    ],
)
def test_parts_are_numbered(number: int, count: int, title: str, name: str) -> None:
    """In order, whatever sorts them, and as their titles are, as far as file systems take them."""
    assert part_name(number, count, title) == name


@given(st.lists(st.text(max_size=300), min_size=1, max_size=120))
def test_no_two_parts_have_one_name(titles: list[str]) -> None:
    """Also where case does not count; each is short enough, and a name of its own."""
    names = [part_name(n, len(titles), title) for n, title in enumerate(titles, start=1)]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert len(name.encode()) <= 255
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert name.endswith(".mp3")
