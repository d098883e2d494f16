"""Metrics of the fetcher; those of the cache are in chassis.metrics."""

from prometheus_client import Counter, Histogram

FETCHES = Counter(
    "fetches_total",
    "Attempts, by outcome: fetched, cached, shared (its MP3 was there), listed (a playlist),"
    " or the failure's code.",
    ["outcome"],
)
for _outcome in ("fetched", "cached", "site_unavailable", "internal"):
    # From 0 on: Prometheus sees no increase in a counter that begins at 1.
    FETCHES.labels(_outcome)
FETCH_SECONDS = Histogram(
    "fetch_seconds",
    "How long it took to bring a video in, its picture and its site's answers too.",
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200),
)
FETCHED_BYTES = Counter("fetched_bytes_total", "Bytes of all videos that were brought in.")
GUARD_REQUESTS = Counter(
    "guard_requests_total",
    "Requests to the guard, by outcome: relayed, broken, or why it refused.",
    ["outcome"],
)
for _outcome in ("relayed", "broken", "url_not_allowed", "unknown_host", "unreachable"):
    GUARD_REQUESTS.labels(_outcome)
GUARD_RECEIVED_BYTES = Counter(
    "guard_received_bytes_total", "Bytes that sites have sent through the guard."
)
