"""Metrics that several services have in common; each service defines its own beside its code.

Source: https://prometheus.io/docs/practices/naming/
"""

from prometheus_client import Counter

MESSAGES_PUBLISHED = Counter(
    "messages_published_total", "Messages published, by queue and outcome.", ["queue", "outcome"]
)
MESSAGES_HANDLED = Counter(
    "messages_handled_total", "Messages consumed, by queue and outcome.", ["queue", "outcome"]
)
