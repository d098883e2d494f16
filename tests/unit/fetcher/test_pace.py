"""Whether bytes come fast enough."""

from fetcher.pace import Pace

KIB = 1024


def slow_after(pace: Pace, rate: float, seconds: int, start: int = 0, received: int = 0) -> int:
    """The second in which it is too slow with `rate` bytes a second; -1: not until `seconds`."""
    for second in range(seconds + 1):
        if pace.is_too_slow(start + second, received + int(rate * second)):
            return second
    return -1


def test_what_is_fast_enough_goes_on() -> None:
    """For as long as it likes."""
    assert slow_after(Pace(16 * KIB), 16 * KIB, 600) == -1


def test_a_slow_site_has_a_minute() -> None:
    """A slow start is not judged before."""
    assert slow_after(Pace(16 * KIB), 10 * KIB, 600) == 60


def test_what_came_before_does_not_buy_time() -> None:
    """The last minute counts, however fast the first was."""
    pace = Pace(16 * KIB)
    assert slow_after(pace, 1 << 20, 120) == -1
    assert 55 <= slow_after(pace, KIB, 600, 120, 120 << 20) <= 60


def test_nothing_is_too_slow_without_a_least_rate() -> None:
    """An installation may turn the limit off."""
    assert slow_after(Pace(0), 0, 600) == -1
