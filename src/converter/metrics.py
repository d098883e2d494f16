"""Metrics of the converter."""

from prometheus_client import Counter, Gauge, Histogram

CONVERSIONS = Counter(
    "conversions_total",
    "Attempts, by outcome: ready, or the failure's code.",
    ["outcome"],
)
CONVERSION_SECONDS = Histogram(
    "conversion_seconds",
    "How long a successful conversion took.",
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600),
)
AUDIO_SECONDS = Counter("converted_audio_seconds_total", "Length of all MP3s that were made.")
FOLLOWED_UPLOADS = Gauge("followed_uploads", "Uploads that are converted while they arrive.")
