"""Measuring what waits, for whoever watches the installation; costs a few steps along indexes."""

from datetime import datetime

from chassis.jobs import UNFINISHED, now_utc
from chassis.ports import JobStore
from sweeper.metrics import JOBS, JOBS_WAITING, OLDEST, OLDEST_WAITING, OVERDUE


def measure(jobs: JobStore) -> None:
    """Set the gauges to what the store holds now; raises StoreUnavailable."""
    now = now_utc()
    for state, count in jobs.counts().items():
        JOBS.labels(state).set(count)
    JOBS_WAITING.labels("fetcher").set(jobs.count_waiting(whole=False))
    JOBS_WAITING.labels("converter").set(jobs.count_waiting(whole=True))
    for state in UNFINISHED:
        OLDEST.labels(state).set(_seconds(jobs.oldest(state), now))
    OLDEST_WAITING.set(_seconds(jobs.oldest_waiting(), now))
    OVERDUE.set(_seconds(jobs.longest_due(), now))


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
