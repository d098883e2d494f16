"""Measuring what waits, for whoever watches the installation."""

from chassis.jobs import now_utc
from chassis.ports import JobStore
from sweeper.metrics import JOBS, OLDEST_WAITING


def measure(jobs: JobStore) -> None:
    """Set the gauges to what the store holds now; raises StoreUnavailable."""
    for state, count in jobs.counts().items():
        JOBS.labels(state).set(count)
    oldest = jobs.oldest_waiting()
    OLDEST_WAITING.set((now_utc() - oldest).total_seconds() if oldest else 0)
