"""Clients that are too slow to ever come to an end."""

import pytest

from gateway.serving.pace import GRACE_SECONDS, Pace


def paced(least_rate: int, *waits: tuple[float, int]) -> bool:
    """Whether a client is too slow that was waited for so long, for so many bytes each time."""
    pace = Pace(least_rate)
    for seconds, received in waits:
        pace.add(seconds, received)
    return pace.too_slow


@pytest.mark.parametrize(
    ("waits", "too_slow"),
    [
        ([(GRACE_SECONDS, 0)], False),
        ([(GRACE_SECONDS, 0), (1, 0)], True),
        ([(1, 1)] * 100, True),
        ([(1, 1000)] * 100, True),
        ([(1, 1100)] * 100, False),
        ([(0.1, 10_000_000), (3600, 0)], False),
    ],
)
def test_the_average_counts_after_the_grace(waits: list[tuple[float, int]], too_slow: bool) -> None:
    """Below the least rate after a minute of waiting is too slow; what came fast counts on."""
    assert paced(1024, *waits) is too_slow


def test_no_rate_is_no_limit() -> None:
    """With a least rate of 0 nobody is too slow."""
    assert not paced(0, *[(1, 0)] * 1000)
