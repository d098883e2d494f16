"""What auth counts. Source: https://prometheus.io/docs/practices/naming/."""

from prometheus_client import Counter, Histogram

LOGINS = Counter("auth_logins_total", "Logins, by outcome.", ["outcome"])
REQUEST_SECONDS = Histogram(
    "auth_request_duration_seconds",
    "How long requests took, by method, route and status.",
    ["method", "route", "status"],
)
