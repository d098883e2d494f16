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
