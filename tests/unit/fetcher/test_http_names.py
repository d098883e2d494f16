"""The name of a file that came by HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetcher.http_names import file_name

URL = "https://media.example.com/films/Summer%20in%20T%C3%BCbingen.mp4?x=/y.avi"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (None, "Summer in Tübingen.mp4"),
        ("inline", "Summer in Tübingen.mp4"),
        ('attachment; filename="a film.mkv"', "a film.mkv"),
        ("attachment; filename=film.mkv; size=3", "film.mkv"),
        ('attachment; filename="say \\"yes\\".mkv"', 'say "yes".mkv'),
        ("attachment; filename=\"x.mkv\"; filename*=UTF-8''%e2%82%ac.mkv", "€.mkv"),
        ("attachment; filename*=iso-8859-1'en'%A3.mkv", "£.mkv"),
        ("attachment; filename*=koi8-r''%A3.mkv; filename=x.mkv", "x.mkv"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="Gr\u00c3\u00bc\u00c3\u009fe.mp4"', "Grüße.mp4"),
        ('attachment; filename="Gr\u00fc.mp4"', "Grü.mp4"),
        ('attachment; filename=".."', "Summer in Tübingen.mp4"),
    ],
)
def test_the_site_names_the_file_else_its_address(disposition: str | None, name: str) -> None:
    """RFC 6266 and RFC 8187, without folders."""
    assert file_name(URL, disposition) == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://media.example.com/", "media.example.com"),
        ("https://media.example.com/%2e%2e", "media.example.com"),
        ("https://media.example.com/%ff", "\ufffd"),
        ("https://media.example.com/a%2fb.mp3", "b.mp3"),
    ],
)
def test_an_address_without_a_name_gives_its_host(url: str, name: str) -> None:
    """There is always a name."""
    assert file_name(url, None) == name


@given(disposition=st.text(max_size=80))
def test_any_field_gives_a_name_without_folders(disposition: str) -> None:
    """Whatever a site sends."""
    name = file_name("https://h.example/x.mp4", f"attachment; filename={disposition}")
    assert 0 < len(name) <= 255
    assert "/" not in name
