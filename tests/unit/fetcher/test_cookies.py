"""Cookies of a format go to the site that they are meant for."""

import pytest

from fetcher.cookies import cookie_header

COOKIES = (
    "session=abc; Domain=.example.com; Path=/; Secure; Expires=1900000000; "
    'quoted="a b"; Domain=media.example.com; Path=/films; unscoped=1'
)


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("https://media.example.com/films/1.mp4", 'session=abc; quoted="a b"'),
        ("https://media.example.com/filmstar/1.mp4", "session=abc"),
        ("http://media.example.com/films/1.mp4", 'quoted="a b"'),
        ("https://example.com/x", "session=abc"),
        ("https://badexample.com/films/1.mp4", None),
        ("https://other.example/films/1.mp4", None),
    ],
)
def test_domain_path_and_transport_are_kept_to(url: str, header: str | None) -> None:
    """A cookie without a domain goes nowhere."""
    assert cookie_header(COOKIES, url) == header


def test_what_is_no_cookie_is_none() -> None:
    """Nor is it an error."""
    assert cookie_header("", "https://example.com/") is None
    assert cookie_header("\x00=;;; =", "https://example.com/") is None
