"""What the gateway counts, beside chassis.metrics."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter(
    "http_requests_total", "Requests answered, by route and status.", ["method", "route", "status"]
)
REQUEST_SECONDS = Histogram(
    "http_request_duration_seconds",
    "Time from the header of a request to the last byte of its answer, by route.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
)
BYTES_RECEIVED = Counter(
    "http_received_bytes_total", "Bytes of bodies received, by route.", ["route"]
)
BYTES_SENT = Counter("http_sent_bytes_total", "Bytes of bodies sent, by route.", ["route"])
UPLOADS_UNDER_WAY = Gauge("uploads_under_way", "Uploads whose bytes are arriving now.")


class Exchanges:
    """The metrics of all requests with one method, route and status, found by their labels once."""

    def __init__(self, method: str, route: str, status: int) -> None:
        self._count = REQUESTS.labels(method, route, str(status))
        self._seconds = REQUEST_SECONDS.labels(method, route)
        self._received = BYTES_RECEIVED.labels(route)
        self._sent = BYTES_SENT.labels(route)

    def add(self, seconds: float, received: int, sent: int) -> None:
        """One more, which took so long and whose bodies had so many bytes."""
        self._count.inc()
        self._seconds.observe(seconds)
        self._received.inc(received)
        self._sent.inc(sent)


exchanges = cache(Exchanges)
"""Methods, routes and statuses are few, whatever clients send: see gateway.web.observation."""
