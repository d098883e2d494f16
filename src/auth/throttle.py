"""How many failed logins a name may have: the sixth within 15 minutes is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Throttle:
    """After `allowed` failures within `window` the next one, and every login after it, waits."""

    allowed: int = 5
    window: timedelta = timedelta(minutes=15)

    def recent(self, failures: Sequence[datetime], now: datetime) -> list[datetime]:
        """Those of `failures` that still count, oldest first; no more than are needed."""
        counted = sorted(failed_at for failed_at in failures if failed_at > now - self.window)
        return counted[-(self.allowed + 1) :]

    def wait(self, failures: Sequence[datetime], now: datetime) -> timedelta | None:
        """How long logins are refused; None if they are not."""
        counted = self.recent(failures, now)
        return counted[0] + self.window - now if len(counted) > self.allowed else None
