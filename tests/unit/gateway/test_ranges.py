"""Parts and conditions are answered as RFC 9110 has it."""

from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import http_date

from gateway.ranges import Representation, Selection, select

MADE = datetime(2026, 11, 21, 12, 0, 0, 987_000, tzinfo=UTC)
DATE = http_date(MADE)
FILE = Representation(1000, "abc", MADE)
WHOLE = Selection(HTTPStatus.OK, 0, 1000)
UNSATISFIABLE = Selection(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
CURRENT = Selection(HTTPStatus.NOT_MODIFIED)
REFUSED = Selection(HTTPStatus.PRECONDITION_FAILED)
EARLIER = "Sat, 21 Nov 2026 11:59:59 GMT"
LATER = "Sat, 21 Nov 2026 12:00:01 GMT"


def part(start: int, stop: int) -> Selection:
    return Selection(HTTPStatus.PARTIAL_CONTENT, start, stop)


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        ("bytes=0-0", part(0, 1)),
        ("bytes=0-99", part(0, 100)),
        ("bytes=100-199", part(100, 200)),
        ("bytes=900-", part(900, 1000)),
        ("bytes=0-", part(0, 1000)),
        ("bytes=900-5000", part(900, 1000)),
        ("bytes=-1", part(999, 1000)),
        ("bytes=-100", part(900, 1000)),
        ("bytes=-5000", part(0, 1000)),
        ("Bytes=1-2", part(1, 3)),
        ("bytes=999-999", part(999, 1000)),
        ("bytes=1000-", UNSATISFIABLE),
        ("bytes=5000-6000", UNSATISFIABLE),
        ("bytes=0-1,5-6", WHOLE),
        ("bytes=-1,-2", WHOLE),
        ("bytes=5-4", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=", WHOLE),
        ("bytes", WHOLE),
        ("bytes=--1", WHOLE),
        ("bytes=1-2-3", WHOLE),
        ("bytes=-0", WHOLE),
        ("seconds=1-2", WHOLE),
        ("", WHOLE),
    ],
)
def test_ranges(header: str, answer: Selection) -> None:
    """One range is answered exactly; what cannot be understood, or is several, by the whole."""
    assert select("GET", {"Range": header}, FILE) == answer


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_every_range_is_inside_the_file(first: int, last: int) -> None:
    """Whatever is asked for, no byte outside the file is promised."""
    chosen = select("GET", {"Range": f"bytes={first}-{last}"}, FILE)
    if chosen.status is HTTPStatus.PARTIAL_CONTENT:
        assert (chosen.start, chosen.stop) == (first, min(last + 1, 1000))
    else:
        assert chosen == (UNSATISFIABLE if 1000 <= first <= last else WHOLE)


def test_head_is_about_the_whole() -> None:
    """Range means nothing for HEAD."""
    assert select("HEAD", {"Range": "bytes=0-1"}, FILE) == WHOLE


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"If-None-Match": '"abc"'}, CURRENT),
        ({"If-None-Match": 'W/"abc"'}, CURRENT),
        ({"If-None-Match": '"x", "abc"'}, CURRENT),
        ({"If-None-Match": "*"}, CURRENT),
        ({"If-None-Match": '"x"'}, WHOLE),
        ({"If-None-Match": '"x"', "If-Modified-Since": LATER}, WHOLE),
        ({"If-Modified-Since": DATE}, CURRENT),
        ({"If-Modified-Since": LATER}, CURRENT),
        ({"If-Modified-Since": EARLIER}, WHOLE),
        ({"If-Modified-Since": "yesterday"}, WHOLE),
        ({"If-Match": '"abc"'}, WHOLE),
        ({"If-Match": "*"}, WHOLE),
        ({"If-Match": 'W/"abc"'}, REFUSED),
        ({"If-Match": '"x"'}, REFUSED),
        ({"If-Match": '"x"', "If-None-Match": '"abc"'}, REFUSED),
        ({"If-Unmodified-Since": DATE}, WHOLE),
        ({"If-Unmodified-Since": EARLIER}, REFUSED),
        ({"If-Match": '"abc"', "If-Unmodified-Since": EARLIER}, WHOLE),
        ({"Range": "bytes=0-1", "If-None-Match": '"abc"'}, CURRENT),
    ],
)
def test_conditions(headers: dict[str, str], answer: Selection) -> None:
    """Conditions are evaluated in the order of RFC 9110, section 13.2.2."""
    assert select("GET", headers, FILE) == answer


@pytest.mark.parametrize(
    ("if_range", "answer"),
    [
        ('"abc"', part(0, 2)),
        (DATE, part(0, 2)),
        ('"x"', WHOLE),
        ('W/"abc"', WHOLE),
        (LATER, WHOLE),
        (EARLIER, WHOLE),
        ("nonsense", WHOLE),
    ],
)
def test_a_part_of_another_file_is_not_given(if_range: str, answer: Selection) -> None:
    """If-Range gives the part while the file is the same, else the whole."""
    assert select("GET", {"Range": "bytes=0-1", "If-Range": if_range}, FILE) == answer
