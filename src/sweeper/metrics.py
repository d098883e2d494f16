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
CACHE_BYTES = Gauge("media_cache_bytes", "Size of all files in the cache of links.")
CACHE_LIMIT_BYTES = Gauge("media_cache_limit_bytes", "How large the cache of links may be.")
EVICTIONS = Counter(
    "media_cache_evictions_total",
    "Files that the cache of links let go, by reason: size (it was too large), age (unused).",
    ["reason"],
)
for _reason in ("size", "age"):
    # From 0 on: Prometheus sees no increase in a counter that begins at 1.
    EVICTIONS.labels(_reason)
EVICTED_BYTES = Counter(
    "media_cache_evicted_bytes_total", "Size of all files that the cache of links let go."
)
