"""Metrics of the fetcher."""

from prometheus_client import Counter

GUARD_REQUESTS = Counter(
    "guard_requests_total",
    "Requests to the guard, by outcome: relayed, broken, or why it refused.",
    ["outcome"],
)
for _outcome in ("relayed", "broken", "url_not_allowed", "unknown_host", "unreachable"):
    # From 0 on: Prometheus sees no increase in a counter that begins at 1.
    GUARD_REQUESTS.labels(_outcome)
GUARD_RECEIVED_BYTES = Counter(
    "guard_received_bytes_total", "Bytes that sites have sent through the guard."
)
