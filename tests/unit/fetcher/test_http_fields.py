"""What fields of an HTTP answer say about a download."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetcher.http_fields import (
    ContentRange,
    content_length,
    content_range,
    retry_after,
    strong_validator,
)

MODIFIED = "Sat, 21 Nov 2026 10:00:00 GMT"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bytes 5-9/10", ContentRange(5, 9, 10)),
        ("bytes 0-0/*", ContentRange(0, 0, None)),
        ("bytes 9-5/10", None),
        ("bytes 5-10/10", None),
        ("bytes */10", None),
        ("items 0-1/2", None),
        ("", None),
    ],
)
def test_content_range(text: str, found: ContentRange | None) -> None:
    """Says which bytes of how many came, or nothing where it makes no sense."""
    assert content_range({"Content-Range": text}) == found


@pytest.mark.parametrize(("text", "length"), [("12", 12), ("-1", None), ("x", None), ("", None)])
def test_content_length(text: str, length: int | None) -> None:
    """A number of bytes, or nothing."""
    assert content_length({"Content-Length": text}) == length


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"ETag": '"abc"', "Last-Modified": MODIFIED}, '"abc"'),
        ({"ETag": 'W/"abc"'}, None),
        ({"ETag": "abc"}, None),
        ({"Last-Modified": MODIFIED, "Date": "Sat, 21 Nov 2026 10:00:05 GMT"}, MODIFIED),
        ({"Last-Modified": MODIFIED, "Date": MODIFIED}, None),
        ({"Last-Modified": MODIFIED}, None),
        ({"Last-Modified": "yesterday", "Date": MODIFIED}, None),
        ({}, None),
    ],
)
def test_only_what_names_one_version_is_a_strong_validator(
    headers: dict[str, str], validator: str | None
) -> None:
    """A weak ETag, or a time within the second of the answer, could be of two versions."""
    assert strong_validator(headers) == validator


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("Sat, 21 Nov 2026 12:00:09 GMT", 9.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    """Seconds, or a time; nothing where the site does not say."""
    assert retry_after({"Retry-After": text}, NOW) == seconds


@given(text=st.text(max_size=40))
def test_no_field_surprises(text: str) -> None:
    """Whatever a server sends is read or ignored."""
    names = ("Content-Range", "Content-Length", "ETag", "Last-Modified", "Date", "Retry-After")
    headers = dict.fromkeys(names, text)
    content_range(headers)
    content_length(headers)
    strong_validator(headers)
    retry_after(headers, NOW)
