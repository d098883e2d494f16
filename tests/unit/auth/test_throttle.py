"""How many failed logins a name may have."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from auth.throttle import Throttle

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
THROTTLE = Throttle()


def test_five_failures_are_free() -> None:
    """Five failures within 15 minutes refuse nothing."""
    assert THROTTLE.wait([NOON] * 5, NOON) is None


def test_the_sixth_failure_refuses() -> None:
    """The sixth failure within 15 minutes makes logins wait until the first is 15 minutes old."""
    failures = [NOON + minute * MINUTE for minute in range(6)]
    assert THROTTLE.wait(failures, NOON + 5 * MINUTE) == 10 * MINUTE


def test_failures_count_for_fifteen_minutes() -> None:
    """A failure counts until it is 15 minutes old, wherever a clock's quarter of an hour ends."""
    failures = [NOON, *[NOON + 14 * MINUTE] * 5]
    assert THROTTLE.wait(failures, NOON + 14 * MINUTE) == MINUTE
    assert THROTTLE.wait(failures, NOON + 15 * MINUTE) is None


@given(
    st.lists(st.integers(0, 3600), max_size=40),
    st.integers(0, 3600),
)
def test_no_window_holds_more_than_are_allowed(offsets: list[int], later: int) -> None:
    """What is kept decides the same as the whole history would, and is short."""
    history = [NOON + timedelta(seconds=offset) for offset in offsets]
    now = NOON + timedelta(seconds=later)
    kept = THROTTLE.recent(history, now)
    assert len(kept) <= 6
    assert THROTTLE.wait(kept, now) == THROTTLE.wait(history, now)
    in_window = sum(failure > now - 15 * MINUTE for failure in history)
    assert (THROTTLE.wait(history, now) is not None) == (in_window > 5)
