"""Figures in plain words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from notification.wording import duration, moment, size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "less than a second"),
        (1, "1 second"),
        (59.6, "1 minute"),
        (61, "1 minute 1 second"),
        (200, "3 minutes 20 seconds"),
        (3_600, "1 hour"),
        (3_725, "1 hour 2 minutes"),
        (3_605, "1 hour"),
        (100 * 3_600, "100 hours"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    """A duration is said in its two largest units."""
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (4_812_345, "4.8 MB"),
        (999_999, "1.0 MB"),
        (2_000_000_000, "2.0 GB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_size(count: int, words: str) -> None:
    """A size is said with a decimal prefix."""
    assert size(count) == words


def test_moment() -> None:
    """A time is said in UTC, in English, and never later than it is."""
    assert moment(datetime(2026, 3, 1, 9, 5, 59, tzinfo=UTC)) == "1 March 2026, 09:05 UTC"
    ahead = timezone(timedelta(hours=2))
    assert moment(datetime(2026, 1, 1, 1, 0, tzinfo=ahead)) == "31 December 2025, 23:00 UTC"
