"""Names of any kind are accepted, and go out as names of files only."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.naming import MAX_NAME_BYTES, attachment, clean_name, extended_filename


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("video.mkv", "video.mkv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\My Video.mp4", "My Video.mp4"),
        ("a\r\nSet-Cookie: x.mkv", "aSet-Cookie: x.mkv"),
        ("nul\x00l.mkv", "null.mkv"),
        ("  spaced   out .mkv ", "spaced out.mkv"),
        ("Отпуск в горах.mp4", "Отпуск в горах.mp4"),
        ("عطلة.mkv", "عطلة.mkv"),
        ("休日の動画.mov", "休日の動画.mov"),
        ("👨‍👩‍👧 family.mp4", "👨‍👩‍👧 family.mp4"),
        ("cafe\u0301.mkv", "caf\u00e9.mkv"),
        ("harmless\u202egpj.exe", "harmlessgpj.exe"),
        ("", "video"),
        ("..", "video"),
        ("/", "video"),
        (" . ", "video"),
        ("\ud800x.mkv", "x.mkv"),
    ],
)
def test_names_are_cleaned(given_name: str, kept: str) -> None:
    """Paths and control characters go, every script stays."""
    assert clean_name(given_name) == kept


def test_a_long_name_keeps_its_ending() -> None:
    """What is too long is cut in the middle of the name, not in its ending."""
    name = clean_name("ж" * 500 + ".mkv")
    assert name.endswith("ж.mkv")
    assert len(name.encode()) <= MAX_NAME_BYTES


@given(st.text(max_size=600))
def test_every_name_becomes_one_that_can_be_kept(name: str) -> None:
    """Whatever a client sends, the name is short, in one line, no path, and stays as it is."""
    kept = clean_name(name)
    assert kept
    assert len(kept.encode()) <= MAX_NAME_BYTES
    assert not re.search(r"[/\\\x00-\x1f\x7f]", kept)
    assert clean_name(kept) == kept


@given(st.text(max_size=100))
def test_every_name_fits_a_header_and_comes_back(name: str) -> None:
    """The header is plain ASCII in one line, and a browser reads the whole name from it."""
    kept = clean_name(name)
    header = attachment(kept)
    assert re.fullmatch(r"[ -~]+", header)
    found = re.search(r"filename\*=UTF-8''(\S+)$", header)
    read = unquote(found[1]) if found else header.split('"')[1]
    assert read == kept


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("form-data; name=\"f\"; filename*=UTF-8''na%C3%AFve.mkv", "naïve.mkv"),
        ("form-data; filename*=utf-8'en'a%20b.mkv; name=\"f\"", "a b.mkv"),
        ("form-data; filename*=ISO-8859-1''%A3.mkv", "£.mkv"),
        ("form-data; filename*=UTF-8''%FF.mkv", "�.mkv"),
        ('form-data; name="f"; filename="plain.mkv"', None),
        ("form-data; filename*=koi8-r''x", None),
    ],
)
def test_extended_names_are_understood(disposition: str, name: str | None) -> None:
    """`filename*` is read as RFC 8187 has it."""
    assert extended_filename(disposition) == name
