"""Metrics that several services have in common; each service defines its own beside its code.

Source: https://prometheus.io/docs/practices/naming/
"""

from prometheus_client import Counter

MESSAGES_PUBLISHED = Counter(
    "messages_published_total", "Messages published, by queue and outcome.", ["queue", "outcome"]
)
RESULTS_SHARED = Counter(
    "results_shared_total", "Jobs that were answered with the MP3 of another job."
)
STORE_ERRORS = Counter(
    "store_errors_total", "Operations that MongoDB could not do, by error.", ["error"]
)
MESSAGES_HANDLED = Counter(
    "messages_handled_total", "Messages consumed, by queue and outcome.", ["queue", "outcome"]
)
CACHE_HITS = Counter(
    "media_cache_hits_total",
    "Links that were answered from the cache, by whether the site was asked: fresh, revalidated.",
    ["kind"],
)
for _kind in ("fresh", "revalidated"):
    # From 0 on: Prometheus sees no increase in a counter that begins at 1.
    CACHE_HITS.labels(_kind)
CACHE_MISSES = Counter("media_cache_misses_total", "Links whose video had to be fetched.")
CACHE_SAVED_BYTES = Counter(
    "media_cache_saved_bytes_total", "Bytes that were not fetched because the cache had them."
)
