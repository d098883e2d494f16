"""What the sweeper counts and measures; of several sweepers each measures the same jobs."""

from prometheus_client import Counter, Gauge

STEPS = Counter("sweeper_steps_total", "Steps taken for due jobs, by kind.", ["step"])
ORPHANS_DELETED = Counter(
    "sweeper_orphans_deleted_total", "Stored files deleted that no job named, by store.", ["store"]
)
JOBS = Gauge("jobs", "Jobs in the store, by state.", ["state"])
OLDEST_WAITING = Gauge(
    "jobs_oldest_waiting_seconds", "Age of the job that waits longest for a worker, or 0."
)
