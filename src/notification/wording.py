"""Figures in plain words, as a mail says them."""

from datetime import UTC, datetime, timedelta
from typing import Final

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")
_STEP: Final = 1000
# Not strftime's, which speaks the language of the machine that it runs on.
_MONTHS: Final = tuple(
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - a list of literals would take twelve lines
)


def duration(seconds: float) -> str:
    """A length of time in its two largest units: `1 hour 2 minutes`, `3 minutes 20 seconds`."""
    minutes, second = divmod(round(seconds), 60)
    hour, minute = divmod(minutes, 60)
    counted = [(hour, "hour"), (minute, "minute"), (second, "second")]
    while len(counted) > 1 and counted[0][0] == 0:
        counted.pop(0)
    said = [_count(number, unit) for number, unit in counted[:2] if number]
    return " ".join(said) or "less than a second"


def size(count: int) -> str:
    """A number of bytes with a decimal prefix: `4.8 MB`."""
    if count < _STEP:
        return _count(count, "byte")
    amount, unit = float(count), 0
    while round(amount, 1) >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}"


def moment(time: datetime) -> str:
    """A time to the minute, in UTC, never later than `time`: `21 November 2026, 09:05 UTC`."""
    floor = time.astimezone(UTC) - timedelta(seconds=time.second)
    return f"{floor.day} {_MONTHS[floor.month - 1]} {floor:%Y, %H:%M} UTC"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
