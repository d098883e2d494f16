"""What the sweeper counts and measures; of several sweepers each measures the same jobs."""

from prometheus_client import Counter, Gauge

STEPS = Counter("sweeper_steps_total", "Steps taken for due jobs, by kind.", ["step"])
ORPHANS_DELETED = Counter(
    "sweeper_orphans_deleted_total", "Stored files deleted that no job named, by store.", ["store"]
)
JOBS = Gauge("jobs", "Jobs in the store, by state; each counted up to 10000.", ["state"])
JOBS_WAITING = Gauge(
    "jobs_waiting",
    "Jobs that wait, by whose work comes next: fetcher or converter; each counted up to 10000.",
    ["worker"],
)
OLDEST = Gauge(
    "jobs_oldest_seconds",
    "Age of the oldest unfinished job since its submission began, by state, or 0.",
    ["state"],
)
OLDEST_WAITING = Gauge(
    "jobs_oldest_waiting_seconds",
    "How long the job has waited for a converter, its source whole, that waits longest, or 0.",
)
OVERDUE = Gauge(
    "jobs_overdue_seconds",
    "How long ago a sweeper should have looked at the job that is due longest, or 0.",
)
